# Writes change_answers.csv and change_r_survey.csv; run as: Rscript make_change_reference.R (Debian r-cran-survey), in this folder.
# Two surveys with strata, clusters and weights: the difference of a share and of a score, clusters asked once or in both years.
suppressMessages(library(survey))
set.seed(2004)
one <- function(set, year, clusters) {
  frame <- expand.grid(i = 1:12, cluster = clusters)
  shift <- setNames(rnorm(16, 0, 0.6), 1:16)[as.character(frame$cluster)]
  frame$set <- set; frame$period <- year; frame$stratum <- ifelse(frame$cluster %% 2 == 0, "even", "odd")
  frame$weight <- round(runif(nrow(frame), 1, 4), 2)
  frame$aware <- as.integer(rnorm(nrow(frame)) + shift + (year == 2020) * 0.4 > 0)
  frame$satisfaction <- pmin(5, pmax(1, round(3.4 + shift + (year == 2020) * 0.3 + rnorm(nrow(frame)))))
  frame
}
apart <- rbind(one("apart", 2017, 1:8), one("apart", 2020, 9:16)); twice <- rbind(one("twice", 2017, 1:8), one("twice", 2020, 1:8))
rows <- list()
for (frame in list(apart, twice)) {
  # samples of the two years are strata of their own, unless their clusters are the same
  frame$h <- if (frame$set[1] == "apart") interaction(frame$stratum, frame$period) else factor(frame$stratum)
  d <- svydesign(id = ~cluster, strata = ~h, weights = ~weight, data = frame, nest = TRUE)
  for (item in c("aware", "satisfaction")) {
    means <- svyby(as.formula(paste0("~", item)), ~period, d, svymean, covmat = TRUE)
    k <- svycontrast(means, c(-1, 1)); half <- qt(0.975, degf(d)) * as.numeric(SE(k))
    scale <- if (item == "aware") 1 else 20
    rows[[length(rows) + 1]] <- sprintf("%s,%s,%.15g,%.15g,%.15g,%d", frame$set[1], item, scale * coef(k), scale * (coef(k) - half), scale * (coef(k) + half), degf(d))
  }
}
from <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_change_reference.R")
writeLines(c(from, "set,item,change,lower,upper,df", unlist(rows)), "change_r_survey.csv")
writeLines(from, "change_answers.csv")
columns <- c("set", "period", "stratum", "cluster", "weight", "aware", "satisfaction")
suppressWarnings(write.table(rbind(apart, twice)[columns], "change_answers.csv", append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
