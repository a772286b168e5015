# Writes the references of tests/test_randomisation.py and tests/test_pilots.py; run as: Rscript make_pilots_reference.R, in this folder.
# Nine invented streets of unequal size, one pilot in each but the last, four years (pilots from the third); quota per head as a dose.
# Every figure is brute force on the panel itself: lm with a constant per area and year, refitted for each of the 2^9 sign vectors.
suppressMessages({library(clubSandwich)})
set.seed(11)
sizes <- c(3, 5, 4, 7, 2, 6, 4, 5, 3)
areas <- data.frame(area = seq_len(sum(sizes)), street = rep(seq_along(sizes), sizes))
areas$pilot <- as.integer(!duplicated(areas$street) & areas$street < 9)
panel <- merge(areas, data.frame(year = 2017:2020))
panel <- panel[order(panel$area, panel$year), ]
level <- rnorm(nrow(areas)) + 0.8 * areas$pilot
street <- matrix(rnorm(9 * 4, sd = 0.3), 9)
panel$dose <- round(runif(nrow(panel), 10, 40), 2)
panel$y <- round(level[panel$area] + street[cbind(panel$street, panel$year - 2016)] + 0.1 * (panel$year - 2017) + 0.02 * panel$dose +
                   0.5 * panel$pilot * (panel$year >= 2019) + rnorm(nrow(panel), sd = 0.4), 3)
made <- paste0("# ", R.version.string, ", clubSandwich ", packageVersion("clubSandwich"), "; make_pilots_reference.R")
save <- function(rows, file) { writeLines(made, file); suppressWarnings(write.table(rows, file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE)) }
save(panel, "pilots_panel.csv")

out <- list()
add <- function(what, value = NA, lower = NA, upper = NA, se = NA, df = NA, p = NA) out[[length(out) + 1]] <<- data.frame(what, value, lower, upper, se, df, p)

two <- panel[panel$year %in% c(2017, 2020), ]
two$x <- two$pilot * (two$year == 2020)
two$post <- as.integer(two$year == 2020)
cr2 <- function(what, m, name, cluster) {
  test <- coef_test(m, vcov = vcovCR(m, cluster = cluster, type = "CR2"), test = "Satterthwaite", coefs = name)
  half <- qt(0.975, test$df_Satt) * test$SE
  add(what, test$beta, test$beta - half, test$beta + half, test$SE, test$df_Satt, test$p_Satt)
}
cr2("twoway CR2", lm(y ~ x + factor(area) + factor(year), two), "x", two$street)
two$d <- two$dose
cr2("dose CR2", lm(y ~ d + factor(area) + factor(year), two), "d", two$street)
two$streetyear <- interaction(two$street, two$year)
cr2("dose CR2, street by year", lm(y ~ d + factor(area) + factor(streetyear), two), "d", two$street)

# wild cluster restricted bootstrap, every sign vector, on the panel of two periods
signs <- as.matrix(expand.grid(rep(list(c(1, -1)), 9)))
tstat <- function(y, X, cluster, null = 0) { # clustered t of the first column, without a small-sample factor (it cancels)
  fit <- lm.fit(X, y)
  keep <- !is.na(coef(fit))
  bread <- chol2inv(qr.R(qr(X[, keep]))) # the first column is never dropped
  scores <- rowsum(X[, keep] * fit$residuals, cluster)
  v <- bread %*% crossprod(scores) %*% bread
  (coef(fit)[1] - null) / sqrt(v[1, 1])
}
wild <- function(y, x, W, cluster, null = 0) {
  fit <- lm.fit(W, y - null * x)
  X <- cbind(x, W)
  observed <- tstat(y, X, cluster, null)
  boot <- apply(signs, 1, function(s) tstat(fit$fitted.values + null * x + fit$residuals * s[cluster], X, cluster, null))
  mean(abs(boot) >= abs(observed) * (1 - 1e-9))
}
W <- model.matrix(~ factor(area) + factor(year), two)
for (null in c(0, 0.25, 1)) add(paste("twoway wild, null", null), p = wild(two$y, two$x, W, two$street, null))
add("dose wild, null 0", p = wild(two$y, two$dose, W, two$street, 0))
Z <- model.matrix(~ factor(area) + factor(streetyear), two)
Z <- Z[, qr(Z)$pivot[seq_len(qr(Z)$rank)]]
add("dose wild, street by year", p = wild(two$y, two$dose, Z, two$street, 0))

# matched sets: change of the pilot less mean change of the others of its street
wide <- reshape(panel[, c("area", "street", "pilot", "year", "y")], idvar = c("area", "street", "pilot"), timevar = "year", direction = "wide")
matched <- function(change, pilot = wide$pilot) sapply(1:8, function(s) mean(change[wide$street == s & pilot == 1]) - mean(change[wide$street == s & pilot == 0]))
ttest <- function(what, d) { t <- t.test(d); add(what, t$estimate, t$conf.int[1], t$conf.int[2], t$stderr, t$parameter, t$p.value) }
change <- wide$y.2020 - wide$y.2017
d <- matched(change)
ttest("matched t", d)
flips <- as.matrix(expand.grid(rep(list(c(1, -1)), 8)))
flip <- function(d) mean(abs(flips %*% d) >= abs(sum(d)) - 1e-9)
for (null in c(0, 0.3, 0.9)) add(paste("matched sign-flip, null", null), p = flip(d - null))
ttest("baseline gap", matched(wide$y.2017))
for (year in c(2017, 2019, 2020)) ttest(paste("event", year), matched(wide[[paste0("y.", year)]] - wide$y.2018))

# every other choice of one pilot in each of the first five streets (3 x 5 x 4 x 7 x 2 = 840)
five <- wide[wide$street <= 5, ]
first <- change[wide$street <= 5]
choices <- as.matrix(expand.grid(lapply(1:5, function(s) which(five$street == s))))
stat <- function(chosen) mean(sapply(1:5, function(s) { own <- intersect(chosen, which(five$street == s)); first[own] - mean(first[setdiff(which(five$street == s), own)]) }))
pooled <- function(chosen) mean(first[chosen]) - mean(first[-chosen])
for (f in c("stat", "pooled")) {
  all <- apply(choices, 1, get(f)); observed <- get(f)(which(five$pilot == 1))
  add(paste("choices", f), value = observed, p = mean(abs(all) >= abs(observed) - 1e-9))
}
rows <- do.call(rbind, out)
rows[-1] <- lapply(rows[-1], function(v) ifelse(is.na(v), "", sprintf("%.15g", v)))
rows$what <- gsub(",", ";", rows$what)
save(rows, "pilots_r.csv")
