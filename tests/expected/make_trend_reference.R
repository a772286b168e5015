# Writes trend_series.csv and trend_sandwich.csv; run as: Rscript make_trend_reference.R (r-cran-sandwich), in this folder.
# Segmented regressions with Newey-West errors. The first series: California's cigarette packs per head, 1970-2000 (Abadie, Diamond &
# Hainmueller 2010, JASA 105:493-505; Proposition 99 in force from 1989).
suppressMessages(library(sandwich))
california <- c(123.0, 121.0, 123.5, 124.4, 126.7, 127.1, 128.0, 126.4, 126.1, 121.9, 120.2, 118.6, 115.4, 110.8, 104.8, 102.8, 99.7, 97.5, 90.1, 82.4,
                77.8, 68.7, 67.5, 63.4, 58.6, 56.4, 54.5, 53.8, 52.3, 47.2, 41.6)
set.seed(1987)
made <- function(n, at, season) {
  error <- as.numeric(arima.sim(list(ar = 0.5), n))
  t <- seq_len(n)
  round(2 + 0.05 * t + 0.8 * (t >= at) + 0.1 * pmax(t - at, 0) + c(0, 1, 2, 6)[season] / 2 + error, 4)
}
quarter <- function(n) rep(1:4, length.out = n)
series <- list(california = list(y = california, at = 20, season = NULL), quarters = list(y = made(40, 21, quarter(40)), at = 21, season = quarter(40)),
               short = list(y = made(16, 9, rep(1, 16)), at = 9, season = NULL))
rows <- list(); data <- list()
for (name in names(series)) {
  s <- series[[name]]; n <- length(s$y); t <- seq_len(n); post <- as.numeric(t >= s$at)
  frame <- data.frame(y = s$y, t = t, post = post, since = (t - s$at) * post)
  data[[name]] <- data.frame(series = name, y = s$y, at = s$at, season = if (is.null(s$season)) NA else s$season)
  model <- if (is.null(s$season)) lm(y ~ t + post + since, frame) else lm(y ~ t + post + since + factor(s$season), frame)
  for (lags in c(0, 1, 2, 4, 7)) {
    se <- sqrt(diag(NeweyWest(model, lag = lags, prewhite = FALSE, adjust = TRUE)))
    half <- qt(0.975, df.residual(model)) * se
    rows[[length(rows) + 1]] <- data.frame(series = name, lags = lags, term = seq_along(se), value = coef(model), se = se, lower = coef(model) - half,
                                           upper = coef(model) + half, p = 2 * pt(-abs(coef(model) / se), df.residual(model)), df = df.residual(model))
  }
}
from <- paste0("# ", R.version.string, ", sandwich ", packageVersion("sandwich"), "; make_trend_reference.R")
save <- function(frame, file) {
  writeLines(from, file)
  for (column in names(frame)) if (is.double(frame[[column]])) frame[[column]] <- sprintf("%.15g", frame[[column]])
  suppressWarnings(write.table(frame, file, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE, na = ""))
}
data <- do.call(rbind, data); data$season <- as.integer(data$season)
save(data, "trend_series.csv")
save(do.call(rbind, rows), "trend_sandwich.csv")
