# Writes the Fay-Herriot reference of tests/test_smallarea.py; run as: Rscript make_fay_herriot_reference.R (Debian r-cran-metafor), in this folder.
# Variance between areas, coefficients, predictions and g1 + g2 are metafor's (rma, blup). g3 after Rao & Molina (2015), section 6.2.1.
suppressMessages({library(metafor); library(metadat)})
exact <- list(threshold = 1e-15, maxiter = 1e5)
milk <- read.csv("milk_sae.csv", comment.char = "#")
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
writing <- subset(dat.bangertdrowns2004, !is.na(length) & !is.na(grade))
sets <- list(
  milk = list(y = milk$y, psi = milk$sd^2, x = model.matrix(~ factor(major), milk)[, -1]),
  milk_alone = list(y = milk$y, psi = milk$sd^2, x = NULL),
  bcg = list(y = bcg$yi, psi = bcg$vi, x = NULL),
  bcg_latitude = list(y = bcg$yi, psi = bcg$vi, x = cbind(bcg$ablat, bcg$year)),
  teachers = list(y = dat.raudenbush1985$yi, psi = dat.raudenbush1985$vi, x = NULL),
  teachers_weeks = list(y = dat.raudenbush1985$yi, psi = dat.raudenbush1985$vi, x = cbind(pmin(dat.raudenbush1985$weeks, 3))),
  writing = list(y = writing$yi, psi = writing$vi, x = cbind(writing$length, writing$grade)),
  none_between = list(y = c(0.50, 0.52, 0.49, 0.51, 0.47), psi = c(0.02, 0.03, 0.01, 0.05, 0.04), x = NULL)
)
# The limits: quantiles over the restricted likelihood of the variance (a flat prior), by R's integrate and uniroot, one area after the other.
limits <- function(y, psi, x) {
  parts <- function(a) {
    w <- 1 / (a + psi); v <- solve(crossprod(x * w, x)); b <- v %*% crossprod(x * w, y)
    list(w = w, v = v, b = b, l = 0.5 * (sum(log(w)) + log(det(v)) - sum(w * (y - x %*% b)^2)))
  }
  top <- optimize(function(a) parts(a)$l, c(0, 10 * (var(y) + max(psi))), maximum = TRUE)$objective
  over <- function(f) {
    g <- function(s) vapply(s, function(t) { p <- parts(t^2); 2 * t * exp(p$l - top) * f(p, t^2) }, 0)  # A = t squared
    k <- sqrt(median(psi))
    integrate(g, 0, k, rel.tol = 1e-11, subdivisions = 1000)$value + integrate(function(u) g(k / u) * k / u^2, 0, 1, rel.tol = 1e-11, subdivisions = 1000)$value
  }
  whole <- over(function(p, a) 1)
  t(sapply(seq_along(y), function(i) sapply(c(0.025, 0.975), function(q) uniroot(function(at) over(function(p, a) {
    s <- psi[i] * p$w[i]
    m <- s * drop(x[i, ] %*% p$b) + (1 - s) * y[i]
    pnorm(at, m, sqrt(a * s + s^2 * drop(x[i, ] %*% p$v %*% x[i, ])))
  }) / whole - q, y[i] + c(-1, 1) * (10 * sqrt(psi[i]) + max(y) - min(y)), tol = 1e-13)$root)))
}
with_limits <- c("bcg", "bcg_latitude", "teachers_weeks", "none_between")
areas <- models <- NULL
for (name in names(sets)) {
  s <- sets[[name]]
  fit <- if (is.null(s$x)) rma(s$y, s$psi, method = "REML", control = exact) else rma(s$y, s$psi, mods = s$x, method = "REML", control = exact)
  b <- blup(fit)
  a <- fit$tau2
  g3 <- s$psi^2 / (a + s$psi)^3 * 2 / sum((a + s$psi)^-2)
  lu <- if (name %in% with_limits) limits(as.numeric(s$y), as.numeric(s$psi), cbind(rep(1, length(s$y)), s$x)) else matrix(NA, length(s$y), 2)
  x <- matrix(NA, length(s$y), 3)
  if (!is.null(s$x)) x[, seq_len(ncol(s$x))] <- s$x
  areas <- rbind(areas, data.frame(set = name, y = s$y, psi = s$psi, x1 = x[, 1], x2 = x[, 2], x3 = x[, 3], eblup = b$pred, mse = b$se^2 + 2 * g3, lower = lu[, 1], upper = lu[, 2]))
  models <- rbind(models, data.frame(set = name, variance = a, term = seq_along(fit$se), coefficient = as.numeric(fit$beta), se = fit$se))
}
made <- paste0("# ", R.version.string, ", metafor ", packageVersion("metafor"), ", metadat ", packageVersion("metadat"), "; make_fay_herriot_reference.R")
save <- function(rows, file) {
  writeLines(made, file)
  suppressWarnings(write.table(format(rows, digits = 15), file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
}
save(areas, "fay_herriot_areas_metafor.csv")
save(models, "fay_herriot_models_metafor.csv")
