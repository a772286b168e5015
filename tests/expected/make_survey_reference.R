# Writes the survey references of tests/test_survey.py and tests/test_calibrate.py; run as: Rscript make_survey_reference.R (Debian r-cran-survey), in this folder.
# The data come with the package: api (California schools, 2000): Lumley (2010), Complex Surveys; mu284: Sarndal, Swensson & Wretman (1992);
# nhanes: NHANES 2009-2010, of which three strata are kept.
suppressMessages(library(survey))
data(api)
data(mu284)
made <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_survey_reference.R")
save <- function(rows, file, ...) {
  writeLines(made, file)
  suppressWarnings(write.table(rows, file, append = TRUE, sep = ",", row.names = FALSE, ...))
}
keep <- c("stype", "dnum", "snum", "pw", "fpc", "api00", "api99", "awards", "sch.wide", "meals", "enroll")
save(apistrat[, keep], "apistrat_r_survey.csv")
save(apiclus1[, keep], "apiclus1_r_survey.csv")
# two strata of districts, by the parity of their number, for a stratified sample of two stages
apiclus2$half <- apiclus2$dnum %% 2
apiclus2$half_size <- c(457, 300)[apiclus2$half + 1]
halves <- svydesign(id = ~dnum + snum, strata = ~half, fpc = ~half_size + fpc2, data = apiclus2)
apiclus2$half_pw <- weights(halves)
save(cbind(apiclus2[, setdiff(keep, "fpc")], apiclus2[, c("fpc1", "fpc2", "half", "half_size", "half_pw")]), "apiclus2_r_survey.csv")
save(mu284, "mu284_r_survey.csv")
data(nhanes)
nhanes <- nhanes[nhanes$SDMVSTRA <= 77, c("SDMVPSU", "SDMVSTRA", "WTMEC2YR", "HI_CHOL", "race", "agecat", "RIAGENDR")]
save(nhanes, "nhanes_r_survey.csv")

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

# totals, other intervals of a share, quantiles, differences of domains
more <- c(designs, list(
  strat2 = halves,
  nhanes = svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes)
))
limits <- function(stat, df) as.numeric(confint(stat, df = df))
totals <- function(name, domain, d) {
  df <- degf(d)
  t <- svytotal(~api99, d)
  add(name, domain, "total_api99", coef(t), SE(t), limits(t, df)[1], limits(t, df)[2], df)
  n <- svytotal(~one, update(d, one = 1))
  add(name, domain, "total_people", coef(n), SE(n), limits(n, df)[1], limits(n, df)[2], df)
}
shares <- function(name, domain, d, what) {
  df <- degf(d)
  m <- svymean(what, d, na.rm = TRUE)
  p <- as.numeric(coef(m))
  kg <- confint(svyciprop(what, d, method = "beta", na.rm = TRUE))
  add(name, domain, "share_beta", p, SE(m), kg[1], kg[2], df)
  # Wilson's score limits of base R for the effective sample of Korn and Graubard
  n <- p * (1 - p) / as.numeric(SE(m))^2 * (qt(.025, nrow(d) - 1) / qt(.025, df))^2
  w <- suppressWarnings(prop.test(n * p, n, correct = FALSE))$conf.int
  add(name, domain, "share_wilson", p, SE(m), w[1], w[2], df)
}
# 4.1.1 departs from its own definition of "math" (vignette qrule: the smallest x with F(x) >= p) where p is below the smallest answer's
# share, or equal to F(x) but for rounding; "exact" is that definition, handed to svyquantile as a rule
exact <- function(x, w, p) x[order(x)][which(cumsum(w[order(x)]) / sum(w) >= p - 1e-12)[1]]
quantiles <- function(name, domain, d) {
  for (type in c("mean", "xlogit", "beta")) for (p in c(.1, .25, .5, .9)) for (v in c("api00", "meals")) {
    for (rule in c("exact", if (domain == "all") "math")) {
      q <- suppressWarnings(svyquantile(as.formula(paste0("~", v)), d, p, interval.type = type, qrule = if (rule == "math") rule else exact))[[1]]
      add(name, domain, paste(rule, type, v, p, sep = "_"), q[1], q[4], q[2], q[3], degf(d))
    }
  }
}
for (name in c(names(designs), "strat2")) for (s in c("all", "E", "H", "M")) {
  d <- if (s == "all") more[[name]] else subset(more[[name]], stype == s)
  if (name == "strat2") one(name, s, d)
  totals(name, s, d)
  shares(name, s, d, ~ I(as.numeric(awards == "Yes")))
  quantiles(name, s, d)
}
answered <- subset(more$nhanes, !is.na(HI_CHOL))
for (s in c("all", 1:4)) shares("nhanes", s, if (s == "all") answered else subset(answered, race == s), ~HI_CHOL)
for (name in c("strat", "clus1", "clus2", "strat2")) for (pair in list(c("E", "H"), c("E", "M"), c("H", "M"))) {
  d <- subset(more[[name]], stype %in% pair)
  by <- svyby(~api00, ~stype, d, svymean, covmat = TRUE)
  k <- svycontrast(by, setNames(list(setNames(c(-1, 1), pair)), "d"))
  df <- degf(d)
  add(name, paste(rev(pair), collapse = "-"), "difference_api00", coef(k), SE(k), limits(k, df)[1], limits(k, df)[2], df)
  l <- svycontrast(by, as.call(list(as.name("log"), as.call(list(as.name("/"), as.name(pair[2]), as.name(pair[1]))))))
  add(name, paste(rev(pair), collapse = "-"), "relative_api00", exp(coef(l)) - 1, SE(l), exp(limits(l, df)[1]) - 1, exp(limits(l, df)[2]) - 1, df)
  by <- svyby(~api00, ~stype, d, svyratio, denominator = ~api99, covmat = TRUE)
  k <- svycontrast(by, list(d = c(-1, 1)))
  add(name, paste(rev(pair), collapse = "-"), "difference_ratio", coef(k), SE(k), limits(k, df)[1], limits(k, df)[2], df)
}
mu <- svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284)
t <- svytotal(~y1, mu)
add("mu284", "all", "total_y1", coef(t), SE(t), limits(t, degf(mu))[1], limits(t, degf(mu))[2], degf(mu))
t <- svymean(~y1, mu)
add("mu284", "all", "mean_y1", coef(t), SE(t), limits(t, degf(mu))[1], limits(t, degf(mu))[2], degf(mu))
# design effects with replacement, and a stratum with one school, centred
for (name in names(designs)) {
  m <- svymean(~api00, designs[[name]], deff = "replace")
  add(name, "all", "deff_mean_api00", deff(m), NA, NA, NA, NA)
  m <- svytotal(~api00, designs[[name]], deff = "replace")
  add(name, "all", "deff_total_api00", deff(m), NA, NA, NA, NA)
}
options(survey.lonely.psu = "adjust")
alone <- apistrat[apistrat$stype != "H" | !duplicated(apistrat$stype), ]
d <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = alone)
for (v in c("api00", "meals")) {
  m <- svymean(as.formula(paste0("~", v)), d)
  add("lonely", "all", paste0("mean_", v), coef(m), SE(m), limits(m, degf(d))[1], limits(m, degf(d))[2], degf(d))
}
out <- do.call(rbind, rows)
save(format(out, digits = 15), "survey_r_survey.csv", quote = FALSE)

# --- calibration -------------------------------------------------------------------------------------------------------
rows <- list()
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
wide <- data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))
joint <- xtabs(~ stype + sch.wide, apipop)
tight <- list(maxit = 1000, epsilon = 1e-13)
base <- list(clus1 = designs$clus1, clus2 = designs$clus2, strat = designs$strat)
report <- function(name, d) for (s in c("all", "E", "H")) {
  e <- if (s == "all") d else subset(d, stype == s)
  df <- degf(e)
  add(name, s, "mean_api00", coef(svymean(~api00, e)), SE(svymean(~api00, e)), limits(svymean(~api00, e), df)[1], limits(svymean(~api00, e), df)[2], df)
  t <- svytotal(~enroll, e, na.rm = TRUE)
  add(name, s, "total_enroll", coef(t), SE(t), limits(t, df)[1], limits(t, df)[2], df)
  p <- svyciprop(~ I(as.numeric(awards == "Yes")), e, method = "xlogit", df = df)
  add(name, s, "share_awards", as.numeric(p), SE(svymean(~ I(as.numeric(awards == "Yes")), e)), confint(p)[1], confint(p)[2], df)
  q <- svyquantile(~meals, e, .5)[[1]]
  add(name, s, "median_meals", q[1], q[4], q[2], q[3], df)
  if (s == "all") {
    r <- svyratio(~api00, ~api99, e)
    add(name, s, "ratio", coef(r), SE(r), limits(r, df)[1], limits(r, df)[2], df)
    # svyby(covmat = TRUE) fails for calibrated designs in 4.1.1: the total of the influences has the variance of the difference
    y <- e$variables$api00
    part <- function(s) { at <- e$variables$stype == s; m <- weighted.mean(y[at], weights(e)[at]); list(m = m, z = at * (y - m) / sum(weights(e)[at])) }
    k <- SE(svytotal(~z, update(e, z = part("H")$z - part("E")$z)))
    add(name, "H-E", "difference_api00", part("H")$m - part("E")$m, k, NA, NA, NA)
  }
}
# rake() and calibrate() take the same residuals where weights before are equal, as in apiclus1; elsewhere calibrate() is the reference
report("rake-clus1", rake(base$clus1, list(~stype, ~sch.wide), list(types, wide), control = tight))
for (name in names(base)) {
  d <- base[[name]]
  report(paste0("post-", name), postStratify(d, ~stype, types))
  margins <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, sch.wideYes = 5122)
  g <- calibrate(d, ~ stype + sch.wide, margins, calfun = "raking", epsilon = 1e-13)
  report(paste0("raking-", name), g)
  report(paste0("linear-", name), calibrate(d, ~ stype + api99, c(margins[1:3], api99 = 3914069)))
  report(paste0("exp-", name), calibrate(d, ~ stype + api99, c(margins[1:3], api99 = 3914069), calfun = "raking", epsilon = 1e-13))
}
report("joint-clus1", postStratify(base$clus1, ~ stype + sch.wide, joint))
t1 <- trimWeights(calibrate(base$clus1, ~ stype + api99, c(margins[1:3], api99 = 3914069)), upper = 45, strict = TRUE)
report("trim-clus1", t1)
report("again-clus1", calibrate(t1, ~ stype + sch.wide, margins, calfun = "raking", epsilon = 1e-13))
out <- do.call(rbind, rows)
save(format(out, digits = 15), "calibration_r_survey.csv", quote = FALSE)
cat(R.version.string, "survey", as.character(packageVersion("survey")), "\n")
