# Writes covariance_r_survey.csv, the reference of tests/test_score_errors.py; run as: Rscript make_covariance_reference.R (Debian r-cran-survey), in this folder.
# Two shares and a score of the same schools, by type of school: Lumley (2010), Complex Surveys; the data (api) come with the package.
suppressMessages(library(survey))
data(api)
apiclus2$half <- apiclus2$dnum %% 2
apiclus2$half_size <- c(457, 300)[apiclus2$half + 1]
designs <- list(
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, data = apiclus1),
  halves = svydesign(id = ~dnum + snum, strata = ~half, fpc = ~half_size + fpc2, data = apiclus2)
)
rows <- list()
for (name in names(designs)) for (s in c("E", "H", "M")) {
  d <- subset(designs[[name]], stype == s)
  v <- vcov(svymean(~I(as.numeric(awards == "Yes")) + I(as.numeric(sch.wide == "Yes")) + api00, d))
  for (a in 1:3) for (b in 1:3) rows[[length(rows) + 1]] <- sprintf("%s,%s,%d,%d,%.15g,%d", name, s, a - 1, b - 1, v[a, b], degf(d))
}
writeLines(c(paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_covariance_reference.R"), "design,domain,a,b,covariance,df", unlist(rows)),
           "covariance_r_survey.csv")
