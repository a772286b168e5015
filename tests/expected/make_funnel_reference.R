# Writes the references of tests/test_outliers.py and tests/test_multiplicity.py; run as: Rscript make_funnel_reference.R (Debian r-cran-metafor), in this folder.
suppressMessages(library(metafor))
made <- paste0("# ", R.version.string, ", metafor ", packageVersion("metafor"), "; make_funnel_reference.R")
save <- function(rows, file, first = character(0)) {
  writeLines(c(made, first), file)
  suppressWarnings(write.table(format(rows, digits = 15), file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
}
set.seed(13)
n <- round(runif(40, 30, 400))
d <- data.frame(x = rbinom(40, n, rbeta(40, 30, 12)), n = n)
d[1:2, ] <- c(0, 31, 60, 31)
# Not winsorised and about the weighted mean, tau2 is that of DerSimonian & Laird.
y <- asin(sqrt(d$x / d$n)); v <- 1 / (4 * d$n)
laird <- rma(y, v, method = "DL")
# Spiegelhalter (2005), Statistics in Medicine 24:1185-1202: about the pooled share, 10 % winsorised.
p <- sum(d$x) / sum(d$n)
z <- (y - asin(sqrt(p))) / sqrt(v)
q <- quantile(z, c(0.1, 0.9))
phi <- mean(pmin(pmax(z, q[1]), q[2])^2)
w <- 1 / v
tau2 <- max(0, (40 * phi - 39) / (sum(w) - sum(w^2) / sum(w)))
s <- sqrt(v + tau2)
limit <- function(k) sin(pmin(pmax(asin(sqrt(p)) + k * s, 0), pi / 2))^2
d$lower_95 <- limit(-qnorm(0.975)); d$upper_95 <- limit(qnorm(0.975)); d$lower_998 <- limit(-qnorm(0.999)); d$upper_998 <- limit(qnorm(0.999))
d$p_adjusted <- p.adjust(2 * pnorm(-abs(y - asin(sqrt(p))) / s), "BH")
save(d, "funnel_r.csv", sprintf("# expected,phi,tau2,tau2_laird,weighted_mean: %.15g,%.15g,%.15g,%.15g,%.15g", p, phi, tau2, laird$tau2, rma(y, v, method = "FE")$beta))
p <- c(0.0001, 0.04, NA, 0.03, 0.03, 1, 0.2, 0, 0.011, NA, 0.6, 0.049)
save(data.frame(p = p, bh = p.adjust(p, "BH"), holm = p.adjust(p, "holm")), "p_adjust_r.csv")
