# Writes the survey reference of tests/test_survey.py; run as: Rscript make_survey_reference.R (Debian r-cran-survey), in this folder.
# The api data (California schools, 2000) come with the package: Lumley (2010), Complex Surveys.
suppressMessages(library(survey))
data(api)
made <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_survey_reference.R")
save <- function(rows, file, ...) {
  writeLines(made, file)
  suppressWarnings(write.table(rows, file, append = TRUE, sep = ",", row.names = FALSE, ...))
}
keep <- c("stype", "dnum", "snum", "pw", "fpc", "api00", "api99", "awards", "sch.wide", "meals")
save(apistrat[, keep], "apistrat_r_survey.csv")
save(apiclus1[, keep], "apiclus1_r_survey.csv")
save(cbind(apiclus2[, setdiff(keep, "fpc")], apiclus2[, c("fpc1", "fpc2")]), "apiclus2_r_survey.csv")

designs <- list(
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus2 = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2),
  stratwr = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1wr = svydesign(id = ~dnum, weights = ~pw, data = apiclus1)
)
rows <- list()
add <- function(design, domain, estimate, value, se, lower, upper, df) {
  rows[[length(rows) + 1]] <<- data.frame(design, domain, estimate, value = as.numeric(value), se = as.numeric(se), lower = as.numeric(lower), upper = as.numeric(upper), df = as.numeric(df))
}
one <- function(name, domain, d) {
  df <- degf(d)
  m <- svymean(~api00, d)
  ci <- confint(m, df = df)
  add(name, domain, "mean_api00", coef(m), SE(m), ci[1], ci[2], df)
  r <- svyratio(~api00, ~api99, d)
  ci <- confint(r, df = df)
  add(name, domain, "ratio_api00_api99", coef(r), SE(r), ci[1], ci[2], df)
  p <- svyciprop(~I(as.numeric(awards == "Yes")), d, method = "xlogit", df = df)
  add(name, domain, "share_awards", as.numeric(p), SE(svymean(~I(as.numeric(awards == "Yes")), d)), confint(p)[1], confint(p)[2], df)
}
for (name in names(designs)) {
  one(name, "all", designs[[name]])
  for (s in c("E", "H", "M")) one(name, s, subset(designs[[name]], stype == s))
}
# one covariance: schools of the same districts, two domains of apiclus1, as a contrast
d <- designs$clus1wr
by <- svyby(~api00, ~stype, subset(d, stype != "H"), svymean, covmat = TRUE)
k <- svycontrast(by, c(E = -1, M = 1))
add("clus1wr", "M-E", "contrast_api00", coef(k), SE(k), NA, NA, NA)
out <- do.call(rbind, rows)
save(format(out, digits = 15), "survey_r_survey.csv", quote = FALSE)
cat(R.version.string, "survey", as.character(packageVersion("survey")), "\n")
