# Writes decomposition_units.csv and decomposition_boot.csv; run as: Rscript make_decomposition_reference.R (r-recommended: boot), in this folder.
# Kitagawa's two terms of a change of a ratio over 40 units in five streets, with percentile limits: units drawn anew inside their street.
suppressMessages(library(boot))
set.seed(1993)
units <- data.frame(street = rep(1:5, c(6, 8, 10, 7, 9)), x_0 = round(runif(40, 50, 400)))
units$y_0 <- round(units$x_0 * pmin(pmax(rnorm(40, 0.6 + 0.05 * units$street, 0.12), 0), 1))
units$x_1 <- round(units$x_0 * runif(40, 0.7, 1.5))
units$y_1 <- round(units$x_1 * pmin(pmax(rnorm(40, 0.75 + 0.03 * units$street, 0.08), 0), 1))
terms <- function(frame, i) {
  s <- aggregate(cbind(x_0, y_0, x_1, y_1) ~ street, frame[i, ], sum)
  w_0 <- s$x_0 / sum(s$x_0); w_1 <- s$x_1 / sum(s$x_1); r_0 <- s$y_0 / s$x_0; r_1 <- s$y_1 / s$x_1
  c(sum((r_1 - r_0) * (w_0 + w_1) / 2), sum((w_1 - w_0) * (r_0 + r_1) / 2), sum(w_1 * r_1) - sum(w_0 * r_0))
}
found <- boot(units, terms, R = 20000, strata = units$street)
from <- paste0("# ", R.version.string, ", boot ", packageVersion("boot"), ", 20000 replicates; make_decomposition_reference.R")
limits <- t(sapply(1:3, function(k) boot.ci(found, type = "perc", index = k)$percent[4:5]))
out <- data.frame(term = c("within", "between", "total"), value = sprintf("%.15g", found$t0), lower = round(limits[, 1], 6), upper = round(limits[, 2], 6),
                  se = round(apply(found$t, 2, sd), 6))
writeLines(from, "decomposition_boot.csv")
suppressWarnings(write.table(out, "decomposition_boot.csv", append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
writeLines(from, "decomposition_units.csv")
suppressWarnings(write.table(units, "decomposition_units.csv", append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
