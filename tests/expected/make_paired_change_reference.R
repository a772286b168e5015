# Writes the paired change of tests/test_compare.py; run as: Rscript make_paired_change_reference.R (Debian r-cran-survey), in this folder.
# Twelve units seen twice as one simple sample: the contrast of two ratios, with their covariance.
suppressMessages(library(survey))
units <- data.frame(y_0 = c(55, 61, 78, 80, 52, 90, 66, 71, 84, 59, 63, 77), x_0 = c(100, 101, 102, 130, 104, 105, 90, 107, 108, 75, 110, 111),
                    y_1 = c(70, 75, 90, 99, 60, 111, 70, 95, 88, 71, 90, 85), x_1 = c(100, 111, 95, 113, 104, 115, 106, 117, 108, 80, 110, 121))
d <- svydesign(id = ~1, weights = ~1, data = units)
k <- svycontrast(svytotal(~ y_0 + x_0 + y_1 + x_1, d), quote(y_1 / x_1 - y_0 / x_0))
r <- svyratio(~ y_0 + y_1, ~ x_0 + x_1, d, covmat = TRUE)  # y_0/x_0, y_1/x_0, y_0/x_1, y_1/x_1
twice <- svycontrast(r, c(-1, 0, 0, 1))
stopifnot(abs(coef(twice) - coef(k)) < 1e-12, abs(SE(twice) - SE(k)) < 1e-12)
half <- qt(0.975, degf(d)) * as.numeric(SE(k))
made <- paste0("# ", R.version.string, ", survey ", packageVersion("survey"), "; make_paired_change_reference.R")
result <- sprintf("# value,se,lower,upper,df: %.15g,%.15g,%.15g,%.15g,%d", coef(k), SE(k), coef(k) - half, coef(k) + half, degf(d))
writeLines(c(made, result), "paired_change_r_survey.csv")
suppressWarnings(write.table(units, "paired_change_r_survey.csv", append = TRUE, sep = ",", row.names = FALSE))
