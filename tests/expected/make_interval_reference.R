# Writes the reference of tests/test_intervals.py; run as: Rscript make_interval_reference.R, in this folder (base R and Debian r-cran-epitools).
suppressMessages(library(epitools))
rows <- list()
add <- function(method, count, total, confidence, limits) {
  rows[[length(rows) + 1]] <<- data.frame(method, count, total, confidence, lower = limits[1], upper = limits[2])
}
for (confidence in c(0.8, 0.95, 0.998)) {
  for (pair in list(c(0, 20), c(20, 20), c(1, 1), c(81, 263), c(15, 148), c(1, 29), c(7, 100000), c(49990, 50000))) {
    add("binom.test", pair[1], pair[2], confidence, binom.test(pair[1], pair[2], conf.level = confidence)$conf.int)
  }
  for (pair in list(c(0, 1), c(1, 12.5), c(3, 250), c(9, 1000))) {
    add("poisson.test", pair[1], pair[2], confidence, poisson.test(pair[1], pair[2], conf.level = confidence)$conf.int)
  }
  for (count in c(10, 22, 100, 1045)) {
    found <- pois.exact(count, 1, conf.level = confidence)
    add("pois.exact", count, 1, confidence, c(found$lower, found$upper))
  }
}
out <- "interval_r.csv"
writeLines(paste0("# ", R.version.string, ", epitools ", packageVersion("epitools"), "; make_interval_reference.R"), out)
suppressWarnings(write.table(format(do.call(rbind, rows), digits = 15, scientific = TRUE), out, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE))
