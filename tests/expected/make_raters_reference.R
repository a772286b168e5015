# Writes the references of tests/test_raters.py; run as: Rscript make_raters_reference.R (Debian r-cran-psych, r-cran-survey), in this folder.
suppressMessages({library(psych); library(survey)})
made <- function(...) paste0("# ", R.version.string, ", ", paste(..., sep = ", "), "; make_raters_reference.R")
save <- function(rows, file, packages) {
  writeLines(made(packages), file)
  suppressWarnings(write.table(format(rows, digits = 15), file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
}
version <- function(name) paste(name, packageVersion(name))

# Balanced tables: psych::ICC. Shrout & Fleiss (1979), table 2; ratings of 40 subjects by 5 raters, one of them strict; raters who agree on nothing.
set.seed(2020)
fleiss <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), 6, byrow = TRUE)
strict <- round(outer(rnorm(40, 80, 6), c(0, 1, -8, 2, 0), "+") + rnorm(200, 0, 3), 1)
noise <- matrix(round(runif(24, 0, 10), 2), 8)
rows <- scores <- NULL
for (name in c("fleiss", "strict", "noise")) {
  x <- get(name)
  scores <- rbind(scores, data.frame(set = name, subject = c(row(x)), rater = c(col(x)), score = c(x)))
  for (confidence in c(0.95, 0.8)) {
    # lmer = FALSE: the mean squares of the analysis of variance, as published
    r <- suppressMessages(ICC(x, alpha = 1 - confidence, lmer = FALSE))$results
    rows <- rbind(rows, data.frame(set = name, confidence = confidence, coefficient = r$type, value = r$ICC, lower = r$`lower bound`, upper = r$`upper bound`))
  }
}
save(scores, "icc_scores.csv", version("psych"))
save(rows, "icc_psych.csv", version("psych"))

# Subjects with their own raters, in unequal numbers: the analysis of variance of R's aov.
of <- c(2, 2, 3, 1, 4, 2, 2, 3, 2, 1)
long <- data.frame(subject = rep(seq_along(of), of), score = round(rep(rnorm(length(of), 80, 5), of) + rnorm(sum(of), 0, 3), 1))
table <- summary(aov(score ~ factor(subject), long))[[1]]
msb <- table[1, 3]; msw <- table[2, 3]; n <- length(of)
k <- (sum(of) - sum(of^2) / sum(of)) / (n - 1)
f <- msb / msw
low <- f / qf(0.975, table[1, 1], table[2, 1]); high <- f * qf(0.975, table[2, 1], table[1, 1])
one <- data.frame(coefficient = c("icc(1,1)", "icc(1,k)"), value = c((f - 1) / (f + k - 1), 1 - 1 / f), lower = c((low - 1) / (low + k - 1), 1 - 1 / low),
                  upper = c((high - 1) / (high + k - 1), 1 - 1 / high), raters = k, residual_variance = msw)
save(long, "icc_unequal_scores.csv", "stats")
save(one, "icc_unequal_aov.csv", "stats")

# Krippendorff's alpha by its coincidence matrix, value by value, as the book counts it.
alpha <- function(x, metric) {
  values <- sort(unique(c(x[!is.na(x)])))
  o <- matrix(0, length(values), length(values))
  for (u in seq_len(nrow(x))) {
    r <- x[u, !is.na(x[u, ])]
    if (length(r) > 1) for (i in seq_along(r)) for (j in seq_along(r)) if (i != j) {
      a <- match(r[i], values); b <- match(r[j], values)
      o[a, b] <- o[a, b] + 1 / (length(r) - 1)
    }
  }
  n <- rowSums(o)
  d <- matrix(0, length(values), length(values))
  for (a in seq_along(values)) for (b in seq_along(values)) d[a, b] <- switch(metric,
    nominal = as.numeric(a != b), interval = (values[a] - values[b])^2,
    ratio = if (values[a] + values[b] > 0) ((values[a] - values[b]) / (values[a] + values[b]))^2 else 0,
    ordinal = (sum(n[a:b]) - (n[a] + n[b]) / 2)^2)
  1 - (sum(n) - 1) * sum(o * d) / sum(outer(n, n) * d)
}
example_c <- t(matrix(c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA, 1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3, NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA, 1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA), 4, byrow = TRUE))
gaps <- outer(sample(0:6, 30, TRUE), rep(0, 5), "+") + sample(c(0, 0, 0, 1, 2), 150, TRUE)
gaps[sample(150, 60)] <- NA
levels <- c("nominal", "ordinal", "interval", "ratio")
units <- rows <- NULL
for (name in c("example_c", "gaps")) {
  x <- get(name)
  units <- rbind(units, data.frame(set = name, unit = c(row(x)), rater = c(col(x)), rating = c(x)))
  rows <- rbind(rows, data.frame(set = name, level = levels, value = sapply(levels, function(l) alpha(x, l))))
}
save(units, "alpha_ratings.csv", "stats")
save(rows, "alpha_coincidences.csv", "stats")

# A mean difference with clusters: survey::svymean.
pairs <- data.frame(street = rep(1:7, c(4, 9, 5, 7, 6, 3, 8)), district = round(rnorm(42, 80, 5), 1))
pairs$own <- round(pairs$district + 4 + rnorm(7, 0, 2)[pairs$street] + rnorm(42, 0, 3), 1)
pairs$gap <- pairs$own - pairs$district
m <- svymean(~gap, svydesign(id = ~street, weights = ~1, data = pairs))
ci <- confint(m, df = 6)
save(pairs, "self_gap_pairs.csv", "stats")
save(data.frame(value = as.numeric(coef(m)), lower = ci[1], upper = ci[2], agreement_lower = mean(pairs$gap) - qnorm(0.975) * sd(pairs$gap),
                agreement_upper = mean(pairs$gap) + qnorm(0.975) * sd(pairs$gap), share_above = mean(pairs$gap > 5)), "self_gap_survey.csv", version("survey"))
