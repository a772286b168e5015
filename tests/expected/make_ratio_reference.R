# Writes the reference of tests/test_ratios.py; run as: Rscript make_ratio_reference.R (Debian r-cran-survey), in this folder.
# Invented units with skewed money, in three strata and ten clusters; each seen twice.
suppressMessages(library(survey))
set.seed(41)
n <- 30
units <- data.frame(stratum = rep(c("A", "B", "C"), c(6, 10, 14)))
units$cluster <- c("a1", "a1", "a2", "a2", "a2", "a3", rep(c("b1", "b2", "b3"), c(2, 3, 5)), rep(c("c1", "c2", "c3", "c4"), c(1, 6, 4, 3)))
units$x_0 <- round(exp(rnorm(n, 4, 0.8)), 2)
units$y_0 <- round(units$x_0 * rbeta(n, 6, 2), 2)
units$x_1 <- round(units$x_0 * exp(rnorm(n, 0.1, 0.3)), 2)
units$y_1 <- round(units$x_1 * rbeta(n, 8, 1.5), 2)

designs <- list(
  simple = svydesign(id = ~1, weights = ~1, data = units),
  strata = svydesign(id = ~1, strata = ~stratum, weights = ~1, data = units),
  clusters = svydesign(id = ~cluster, weights = ~1, data = units),
  both = svydesign(id = ~cluster, strata = ~stratum, weights = ~1, data = units)
)
rows <- list()
add <- function(design, estimate, variance, value, se, df, confidence) {
  half <- qt((1 + confidence) / 2, df) * se
  rows[[length(rows) + 1]] <<- data.frame(design, estimate, variance, confidence, value, se, lower = value - half, upper = value + half, df)
}
ratio <- function(name, variance, d) {
  r <- svyratio(~y_1, ~x_1, d)
  for (confidence in c(0.8, 0.95)) add(name, "ratio", variance, as.numeric(coef(r)), as.numeric(SE(r)), degf(d), confidence)
  ci <- confint(r, df = degf(d))
  stopifnot(all.equal(as.numeric(ci), as.numeric(rows[[length(rows)]][c("lower", "upper")])))
}
for (name in names(designs)) {
  d <- designs[[name]]
  ratio(name, "linear", d)
  ratio(name, "jackknife", as.svrepdesign(d, type = if (name %in% c("strata", "both")) "JKn" else "JK1"))
  b <- as.svrepdesign(d, type = "subbootstrap", replicates = 20000)
  r <- svyratio(~y_1, ~x_1, b)
  add(name, "ratio", "bootstrap", as.numeric(coef(r)), as.numeric(SE(r)), degf(d), 0.95)
  k <- svycontrast(svytotal(~y_0 + x_0 + y_1 + x_1, d), quote(y_1 / x_1 - y_0 / x_0))
  add(name, "change", "linear", as.numeric(coef(k)), as.numeric(SE(k)), degf(d), 0.95)
}
made <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_ratio_reference.R")
save <- function(frame, file) {
  writeLines(made, file)
  suppressWarnings(write.table(format(frame, digits = 15), file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
}
save(units, "ratio_units.csv")
save(do.call(rbind, rows), "ratio_r_survey.csv")
