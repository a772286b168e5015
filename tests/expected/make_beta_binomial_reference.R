# Writes the beta-binomial reference of tests/test_smallarea.py; run as: Rscript make_beta_binomial_reference.R (Debian r-cran-vgam), in this folder.
# rats: 71 groups of rats with tumours, Tarone (1982), Biometrics 38:215-220, as in Gelman et al., Bayesian Data Analysis, table 5.1.
suppressMessages(library(VGAM))
data(lirat)
rats_y <- c(rep(0, 14), rep(1, 8), rep(2, 9), 1, 5, 2, 5, 3, 2, 7, 7, 3, 3, 2, 9, 10, rep(4, 7), 10, 4, 4, 4, 5, 11, 12, 5, 5, 6, 5, 6, 6, 6, 6, 16, 15, 15, 9, 4)
rats_n <- c(rep(20, 7), rep(19, 4), 18, 18, 17, rep(20, 4), 19, 19, 18, 18, 25, 24, 23, rep(20, 6), 10, 49, 19, 46, 27, 17, 49, 47, 20, 20, 13, 48, 50, rep(20, 7),
            48, 19, 19, 19, 22, 46, 49, 20, 20, 23, 19, 22, 20, 20, 20, 52, 46, 47, 24, 14)
stopifnot(length(rats_y) == 71, length(rats_n) == 71)
sets <- list(rats = data.frame(x = rats_y, n = rats_n), litters = data.frame(x = lirat$R, n = lirat$N))
areas <- NULL
for (name in names(sets)) {
  s <- sets[[name]]
  fit <- vglm(cbind(x, n - x) ~ 1, betabinomial, data = s, epsilon = 1e-14, maxit = 200)
  mu <- Coef(fit)[["mu"]]
  rho <- Coef(fit)[["rho"]]
  # Fisher scoring stops early: the last digits by optim from there, on VGAM's own density
  f <- function(v) -sum(dbetabinom(s$x, s$n, plogis(v[1]), plogis(v[2]), log = TRUE))
  start <- qlogis(c(mu, rho))
  for (i in 1:20) start <- start - solve(optimHess(start, f, control = list(ndeps = c(1e-4, 1e-4))), sapply(1:2, function(k) {
    h <- replace(c(0, 0), k, 1e-4)
    (8 * (f(start + h) - f(start - h)) - (f(start + 2 * h) - f(start - 2 * h))) / 12e-4
  }))
  best <- plogis(start)
  stopifnot(abs(best - c(mu, rho)) < 1e-4)
  m <- 1 / best[2] - 1
  areas <- rbind(areas, data.frame(set = name, x = s$x, n = s$n, mean = best[1], size = m, value = (s$x + best[1] * m) / (s$n + m),
                                   lower = qbeta(0.025, s$x + best[1] * m, s$n - s$x + (1 - best[1]) * m), upper = qbeta(0.975, s$x + best[1] * m, s$n - s$x + (1 - best[1]) * m)))
}
writeLines(paste0("# ", R.version.string, ", VGAM ", packageVersion("VGAM"), "; make_beta_binomial_reference.R"), "beta_binomial_vgam.csv")
suppressWarnings(write.table(format(areas, digits = 12), "beta_binomial_vgam.csv", append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
