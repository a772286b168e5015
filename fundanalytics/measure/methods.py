"""Which formula a method code stands for, who published it, and which test compares it with someone else's software.

Place in the flow: the last step of the way from a number to its ground. A row carries its ``method``; here stands the formula,
the reference and the test. Nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """How a number or its limits are made.

    ``formula`` in plain signs; ``references``: author, year, where; ``authority``: whose figures the tests compare with;
    ``tests``: ``file::function`` in ``tests/``.
    """

    formula: str
    references: tuple[str, ...]
    authority: str
    tests: tuple[str, ...]


METHODS: dict[str, Method] = {
    "model, Fay-Herriot (REML)": Method(
        "θ = γy + (1−γ)x'β, γ = A/(A+ψ), A the top of the restricted likelihood; shares as asin √p with ψ = 1/(4 n_eff); MSE = g₁ + g₂ + 2g₃; "
        "limits: quantiles of ∫ N(θ(A), g₁(A)+g₂(A)) L(A) dA; benchmark: one angle added to all",
        ("Fay & Herriot (1979), JASA 74:269-277", "Prasad & Rao (1990), JASA 85:163-171", "Datta, Rao & Smith (2005), Biometrika 92:183-196",
         "Rao & Molina (2015), Small Area Estimation, 2nd ed.", "Datta, Ghosh, Steorts & Maples (2011), TEST 20:574-588"),
        "R sae (milk data of Arora & Lahiri 1997); R metafor::rma(method='REML'), blup; R integrate",
        ("test_smallarea.py::test_the_milk_data_give_what_sae_gives", "test_smallarea.py::test_variance_coefficients_and_predictions_equal_metafor",
         "test_smallarea.py::test_limits_equal_the_integral_in_r"),
    ),
    "model, beta-binomial (ML)": Method(
        "(x + μM)/(n + M), μ and M maximise the beta-binomial likelihood; limits: quantiles of Beta(x + μM, n − x + (1−μ)M)",
        ("Kleinman (1973), JASA 68:46-54", "Rao & Molina (2015), Small Area Estimation, 2nd ed., section 9.5"),
        "R VGAM::betabinomial", ("test_smallarea.py::test_beta_binomial_equals_vgam",),
    ),
    "model, beta-binomial (moments)": Method(
        "(x + μM)/(n + M), μ = Σx/Σn, 1/(M+1) = (N s² − p(1−p)(m−1)) / (p(1−p)(N − Σn²/N − (m−1)))",
        ("Kleinman (1973), JASA 68:46-54", "Rao & Molina (2015), Small Area Estimation, 2nd ed., section 9.5"),
        "the expectation that the moments are set equal to", ("test_smallarea.py::test_moments_solve_what_they_are_defined_by",),
    ),
    "funnel, over-dispersion": Method(
        "z = 2√n (asin √p − asin √p̄), 10 % winsorised, φ = mean z², τ² = max(0, (Kφ − (K−1))/(Σw − Σw²/Σw)); limits sin²(asin √p̄ ± z√(1/4n + τ²)); "
        "Benjamini–Hochberg at 5 %",
        ("Spiegelhalter (2005), Statistics in Medicine 24:1185-1202", "Benjamini & Hochberg (1995), JRSS B 57:289-300"),
        "R metafor::rma(method='DL') (not winsorised); R p.adjust",
        ("test_outliers.py::test_the_spread_not_winsorised_is_that_of_dersimonian_and_laird",
         "test_outliers.py::test_limits_spread_and_adjusted_values_equal_the_formulas_in_r",
         "test_multiplicity.py::test_adjusted_values_equal_r_with_blanks_put_back"),
    ),
    "icc, one-way (F limits)": Method(
        "(MSB − MSW)/(MSB + (n₀−1)MSW), 1 − MSW/MSB; limits from F on n−1 and N−n",
        ("Shrout & Fleiss (1979), Psychological Bulletin 86:420-428", "Donner (1986), International Statistical Review 54:67-82"),
        "R psych::ICC; R aov (unequal numbers)",
        ("test_raters.py::test_values_and_limits_equal_psych", "test_raters.py::test_unequal_numbers_of_raters_equal_the_analysis_of_variance"),
    ),
    "icc, two-way (F limits)": Method(
        "(MSB − MSE)/(MSB + (k−1)MSE + k(MSJ − MSE)/n) and its mean of k; (3,1): (MSB − MSE)/(MSB + (k−1)MSE); limits from F, Satterthwaite's df for (2,·)",
        ("Shrout & Fleiss (1979), Psychological Bulletin 86:420-428",),
        "Shrout & Fleiss, table 4; R psych::ICC",
        ("test_raters.py::test_shrout_and_fleiss_table_4", "test_raters.py::test_values_and_limits_equal_psych"),
    ),
    "Krippendorff's alpha, nominal": Method(
        "1 − Dₒ/Dₑ over pairs of ratings of the same unit and of all, δ² 1 where they differ; limits: units resampled",
        ("Krippendorff (2019), Content Analysis, 4th ed., chapter 12", "Krippendorff (2011), Computing Krippendorff's alpha-reliability"),
        "Krippendorff's example C; the coincidence matrix in R",
        ("test_raters.py::test_example_c_as_published", "test_raters.py::test_alpha_equals_the_coincidence_matrix"),
    ),
    "Krippendorff's alpha, ordinal": Method(
        "1 − Dₒ/Dₑ over pairs of ratings of the same unit and of all, δ² the squared difference of mid-ranks; limits: units resampled",
        ("Krippendorff (2019), Content Analysis, 4th ed., chapter 12", "Krippendorff (2011), Computing Krippendorff's alpha-reliability"),
        "Krippendorff's example C; the coincidence matrix in R",
        ("test_raters.py::test_example_c_as_published", "test_raters.py::test_alpha_equals_the_coincidence_matrix"),
    ),
    "Krippendorff's alpha, interval": Method(
        "1 − Dₒ/Dₑ over pairs of ratings of the same unit and of all, δ² the squared difference; limits: units resampled",
        ("Krippendorff (2019), Content Analysis, 4th ed., chapter 12", "Krippendorff (2011), Computing Krippendorff's alpha-reliability"),
        "Krippendorff's example C; the coincidence matrix in R",
        ("test_raters.py::test_example_c_as_published", "test_raters.py::test_alpha_equals_the_coincidence_matrix"),
    ),
    "Krippendorff's alpha, ratio": Method(
        "1 − Dₒ/Dₑ over pairs of ratings of the same unit and of all, δ² the squared difference over the sum; limits: units resampled",
        ("Krippendorff (2019), Content Analysis, 4th ed., chapter 12", "Krippendorff (2011), Computing Krippendorff's alpha-reliability"),
        "Krippendorff's example C; the coincidence matrix in R",
        ("test_raters.py::test_example_c_as_published", "test_raters.py::test_alpha_equals_the_coincidence_matrix"),
    ),
    "paired difference, t": Method(
        "d̄ ± t s/√n; limits of agreement d̄ ± z s",
        ("Bland & Altman (1986), Lancet 327:307-310", "Bland & Altman (1999), Statistical Methods in Medical Research 8:135-160"),
        "Bland & Altman (1986), peak flow", ("test_raters.py::test_peak_flow_as_published",),
    ),
    "paired difference, t (clusters)": Method(
        "d̄ ± t√V on G−1, V = G/(G−1) Σ_g(Σ(d−d̄))²/n²; limits of agreement d̄ ± z s",
        ("Bland & Altman (1999), Statistical Methods in Medical Research 8:135-160",),
        "R survey::svymean", ("test_raters.py::test_clustered_limits_equal_survey",),
    ),
    "rank sets, marginal (step-down)": Method(
        "1 + surely better … n − surely worse; a pair differs where |Δ| = |x_j − x_k|/√(se_j² + se_k²) is beyond the quantile of the largest of the unit's "
        "pairs over draws with equal means (se drawn by χ²; t to normal by Wallace); those pairs leave, again",
        ("Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1):476-518", "Romano & Wolf (2005), JASA 100:94-108",
         "Wallace (1959), Annals of Mathematical Statistics 30:1121-1130"),
        "the authors' example, PISA 2018 mathematics (United Kingdom: 8-23); a second implementation by loops; coverage by simulation",
        ("test_ranksets.py::test_pisa_2018_is_as_its_authors_published_it", "test_ranksets.py::test_sets_equal_a_second_implementation_by_loops",
         "test_ranksets.py::test_sets_hold_the_true_ranks_as_often_as_they_promise"),
    ),
    "rank sets, simultaneous (step-down)": Method(
        "as rank sets, marginal, with the largest of all pairs",
        ("Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91(1):476-518", "Romano & Wolf (2005), JASA 100:94-108"),
        "the authors' example of ten units; a second implementation by loops; coverage by simulation",
        ("test_ranksets.py::test_ten_units_in_a_row_are_as_the_authors_published_them", "test_ranksets.py::test_sets_equal_a_second_implementation_by_loops",
         "test_ranksets.py::test_sets_hold_the_true_ranks_as_often_as_they_promise"),
    ),
    "change of totals, t (independent errors)": Method(
        "later − earlier ± t √(se₁² + se₂²), t of the fewer degrees of freedom; chance of a rise: T((later − earlier)/se)",
        ("Goldstein & Spiegelhalter (1996), JRSS A 159:385-443",),
        "worked by hand", ("test_ranking.py::test_a_change_has_the_error_of_both_totals",),
    ),
    "ranks under other weights": Method(
        "ranks of Σ_p f_p Σ_i m_i s_i / Σ_p f_p Σ_i m_i, weights drawn from Dirichlet(a b) or within ± spread of the rubric's, equal, or one left out",
        ("OECD & JRC (2008), Handbook on Constructing Composite Indicators, step 7", "Saisana, Saltelli & Tarantola (2005), JRSS A 168:307-323"),
        "worked by hand", ("test_ranking.py::test_totals_under_other_weights_are_those_worked_by_hand",),
    ),
    "score error, survey and assessors": Method(
        "√(V_s + V_a): V_s of points scored from joint draws of a community's survey estimates (log odds, covariance by V(a+b) of influences); "
        "V_a = points² s²/k, s² pooled within communities of each assessor's mean share less the items' means; Satterthwaite's df",
        ("Lumley (2010), Complex Surveys, chapter 2", "Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 6.5",
         "Searle, Casella & McCulloch (1992), Variance Components, section 3.6", "Satterthwaite (1946), Biometrics Bulletin 2:110-114",
         "Korn & Graubard (1998), Survey Methodology 24:193-201"),
        "R survey 4.1.1, vcov of svymean; statsmodels OLS residual variance; worked by hand",
        ("test_score_errors.py::test_covariances_of_a_domain_are_those_of_r", "test_score_errors.py::test_assessors_differ_as_worked_by_hand",
         "test_score_errors.py::test_the_pooled_variance_is_the_residual_of_an_analysis_of_variance",
         "test_score_errors.py::test_points_below_the_target_have_the_error_of_their_estimates"),
    ),
    "wilson": Method(
        "(x + z^2/2 ± z sqrt(x (n-x)/n + z^2/4)) / (n + z^2)",
        ("Wilson (1927), JASA 22:209-212", "Newcombe (1998), Statistics in Medicine 17:857-872"),
        "Newcombe (1998), table I; statsmodels proportion_confint",
        ("test_intervals.py::test_limits_are_those_of_newcombe", "test_intervals.py::test_wilson_and_clopper_pearson_equal_statsmodels"),
    ),
    "clopper-pearson": Method(
        "the (1-c)/2 quantile of Beta(x, n-x+1) and the (1+c)/2 quantile of Beta(x+1, n-x)",
        ("Clopper & Pearson (1934), Biometrika 26:404-413",),
        "R binom.test; statsmodels proportion_confint",
        ("test_intervals.py::test_exact_limits_are_those_of_r", "test_intervals.py::test_wilson_and_clopper_pearson_equal_statsmodels"),
    ),
    "byar": Method(
        "x (1 - 1/(9x) - z/(3 sqrt x))^3 and, y = x + 1, y (1 - 1/(9y) + z/(3 sqrt y))^3, over exposure; below ten events exact Poisson (Gamma quantiles)",
        ("Breslow & Day (1987), Statistical Methods in Cancer Research II, p. 69", "Garwood (1936), Biometrika 28:437-442",
         "Public Health England (2018), Technical Guide: Confidence Intervals"),
        "R poisson.test and epitools pois.exact; the Ruby program byar 1.0.0",
        ("test_intervals.py::test_exact_limits_are_those_of_r", "test_intervals.py::test_byar_equals_another_program",
         "test_intervals.py::test_byar_is_as_near_to_the_exact_limits_of_r_as_its_authors_say"),
    ),
    "newcombe 10": Method(
        "d - sqrt((p1-l1)^2 + (u2-p2)^2), d + sqrt((u1-p1)^2 + (p2-l2)^2), l and u Wilson's limits",
        ("Newcombe (1998), Statistics in Medicine 17:873-890",),
        "Newcombe (1998), table II, method 10; statsmodels confint_proportions_2indep",
        ("test_intervals.py::test_limits_are_those_of_newcombe", "test_intervals.py::test_newcombe_equals_statsmodels"),
    ),
    "miettinen-nurminen": Method(
        "the differences with (d - delta)^2 = z^2 (p1q1/n1 + p2q2/n2) N/(N-1), p the likeliest shares that differ by delta",
        ("Miettinen & Nurminen (1985), Statistics in Medicine 4:213-226", "Farrington & Manning (1990), Statistics in Medicine 9:1447-1454"),
        "Newcombe (1998), table II, method 6; the cubic of Farrington & Manning",
        ("test_intervals.py::test_limits_are_those_of_newcombe", "test_intervals.py::test_score_limits_solve_the_score_equation_of_farrington_and_manning"),
    ),
    "mean, t": Method(
        "mean ± t s / sqrt n, n - 1 degrees of freedom",
        ("Student (1908), Biometrika 6:1-25",),
        "scipy.stats.t.interval",
        ("test_intervals.py::test_mean_equals_scipy_and_leaves_blanks_out",),
    ),
    "ratio of totals, linearised": Method(
        "R = sum y / sum x; z = (y - R x) / sum x, u its sums per cluster, V = sum over strata of n/(n-1) sum (u - mean u)^2; t on clusters less strata",
        ("Särndal, Swensson & Wretman (1992), section 5.6",),
        "R survey::svyratio with svydesign, confint(df = degf)",
        ("test_ratios.py::test_ratio_of_totals_is_the_survey_ratio_of_r",),
    ),
    "ratio of totals, jackknife": Method(
        "V = sum over strata of (n-1)/n sum (R without one cluster - mean of these)^2; t on clusters less strata",
        ("Wolter (2007), Introduction to Variance Estimation, chapter 4",),
        "R survey::svyratio with as.svrepdesign, JK1 and JKn",
        ("test_ratios.py::test_ratio_of_totals_is_the_survey_ratio_of_r",),
    ),
    "ratio of totals, bootstrap": Method(
        "V = variance of R over draws of n - 1 of the n clusters of each stratum, times n/(n-1); t on clusters less strata",
        ("Rao & Wu (1988), JASA 83:231-241",),
        "all draws enumerated; R survey::svyratio with as.svrepdesign, subbootstrap, but for chance",
        ("test_ratios.py::test_bootstrap_variance_is_that_of_all_draws", "test_ratios.py::test_bootstrap_is_that_of_r_but_for_chance"),
    ),
    "paired ratio change (linearised, process interval)": Method(
        "R1 - R0; V of the sum of z1 - z0 per unit or cluster, z = (y - R x) / sum x, so that the covariance is carried; t on clusters less strata",
        ("Särndal, Swensson & Wretman (1992), section 5.6",),
        "R survey::svycontrast of two ratios of one design",
        ("test_ratios.py::test_paired_change_is_the_contrast_of_r",),
    ),
    "Kitagawa, symmetric": Method(
        "within (r1-r0)(w0+w1)/2, between (w1-w0)((r0+r1)/2 - R), entered or left (y1-R x1)/X1 - (y0-R x0)/X0; R the mean of both rates",
        ("Kitagawa (1955), JASA 50:1168-1194", "Das Gupta (1993), Standardization and Decomposition of Rates, tables 5.1 and 5.3",
         "Griliches & Regev (1995), Journal of Econometrics 65:175-203"),
        "Das Gupta (1993), tables 5.1 and 5.3",
        ("test_decomposition.py::test_the_parts_are_those_that_das_gupta_published",),
    ),
    "Kitagawa, bootstrap over communities": Method(
        "terms of Kitagawa's decomposition; limits: quantiles over communities drawn anew with both periods, inside their street where groups are streets",
        ("Kitagawa (1955), JASA 50:1168-1194", "Das Gupta (1993), Standardization and Decomposition of Rates, tables 5.1 and 5.3",
         "Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13"),
        "Das Gupta (1993); R boot 1.3 for the limits",
        ("test_decomposition.py::test_the_parts_are_those_that_das_gupta_published",
         "test_decomposition.py::test_terms_and_percentile_limits_are_those_of_r_boot"),
    ),
    "welch t": Method(
        "d ± t s, s^2 = s0^2/n0 + s1^2/n1, Satterthwaite's degrees of freedom",
        ("Welch (1947), Biometrika 34:28-35",),
        "scipy.stats.ttest_ind(equal_var=False)",
        ("test_samples.py::test_scores_of_two_simple_samples_have_welchs_limits",),
    ),
    "square-and-add": Method(
        "d - sqrt((p1-l1)^2 + (u0-p0)^2), d + sqrt((u1-p1)^2 + (p0-l0)^2), l and u the limits of either sample by itself",
        ("Zou & Donner (2008), Statistics in Medicine 27:1693-1702", "Newcombe (1998), Statistics in Medicine 17:873-890"),
        "Newcombe (1998), table II, method 10, where both limits are Wilson's",
        ("test_samples.py::test_square_and_add_of_wilson_limits_is_newcombes_method_10",),
    ),
    "less a constant (process interval)": Method(
        "the limits of the later value alone, less a constant whose own error is not known",
        ("Särndal, Swensson & Wretman (1992), section 5.6",),
        "R survey::svyratio for the limits of the later value",
        ("test_robustness.py::test_a_published_baseline_is_a_constant",),
    ),
    "segmented regression, HAC (Bartlett)": Method(
        "y = b0 + b1 t + b2 post + b3 (t-t*) post; V = n/(n-k) (X'X)^-1 [G0 + sum (1-j/(L+1))(Gj+Gj')] (X'X)^-1; t on n-k",
        ("Newey & West (1987), Econometrica 55:703-708", "Bernal, Cummins & Gasparrini (2017), IJE 46:348-355",
         "Turner et al. (2021), BMC Medical Research Methodology 21:181"),
        "R sandwich::NeweyWest(prewhite=FALSE, adjust=TRUE); statsmodels OLS.fit(cov_type='HAC', use_correction=True, use_t=True)",
        ("test_trend.py::test_terms_and_errors_are_those_of_r_sandwich", "test_trend.py::test_terms_and_errors_are_those_of_statsmodels"),
    ),
    "survey difference, t (independent samples)": Method(
        "difference of two weighted means; V of the sum of influences of both samples in one design; t on clusters less strata",
        ("Korn & Graubard (1999), Analysis of Health Surveys, chapter 3", "Lumley (2010), Complex Surveys, section 2.4: R survey::svycontrast"),
        "R survey::svycontrast of svyby(covmat=TRUE)",
        ("test_samples.py::test_two_samples_with_a_design_have_the_limits_of_rs_contrast",),
    ),
    "survey difference, t (shared clusters)": Method(
        "difference of two weighted means; V of the sum of influences of both samples in one design, so that clusters asked twice carry their covariance",
        ("Korn & Graubard (1999), Analysis of Health Surveys, chapter 3", "Lumley (2010), Complex Surveys, section 2.4: R survey::svycontrast"),
        "R survey::svycontrast of svyby(covmat=TRUE)",
        ("test_samples.py::test_two_samples_with_a_design_have_the_limits_of_rs_contrast",),
    ),
    "full count": Method(
        "Σ numerators / Σ denominators over all units; nobody left out, so no limits",
        ("Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 5.6",),
        "sums worked by hand; the sample counted by SQL (DuckDB) and in plain pandas; Chicago's ward budgets",
        ("test_indicators.py::test_streets_and_district_are_ratios_of_sums",
         "test_works.py::test_the_sample_counted_by_sql_gives_the_same_community_by_community", "test_money.py::test_the_identity_of_money_holds_on_the_sample",
         "test_real_data.py::test_chicago_usage_per_ward_and_year"),
    ),
    "full count, median": Method(
        "the middle of all days of the area's projects, of an even number the mean of the middle two; nobody left out, so no limits",
        ("Hyndman & Fan (1996), The American Statistician 50:361-365, definition 7",),
        "DuckDB's median", ("test_works.py::test_the_sample_counted_by_sql_gives_the_same_community_by_community",),
    ),
    "survey, logit": Method(
        "p = Σwy/Σw, V from cluster totals of w(y − p)/Σw, both stages (calibrated weights: of their residuals); "
        "expit(ln(p/(1−p)) ± t s), s = SE/(p(1−p)), t on clusters − strata",
        ("Korn & Graubard (1998), Survey Methodology 24:193-201", "Lumley (2010), Complex Surveys", "Franco, Little, Louis & Slud (2019), JSSAM 7:334-364"),
        "R survey 4.1.1, svyciprop(method=\"xlogit\")",
        ("test_survey.py::test_estimates_limits_and_df_are_those_of_r_for_all_and_for_every_domain",
         "test_calibrate.py::test_estimates_after_every_kind_of_fitting_are_those_of_r_for_all_and_by_domain"),
    ),
    "survey, Korn-Graubard": Method(
        "Clopper–Pearson limits of n p among n, n = p(1−p)/V · (t on n−1 / t on df)²; Kish's (Σw)²/Σw² for p(1−p)/V where V is 0",
        ("Korn & Graubard (1998), Survey Methodology 24:193-201",),
        "R survey 4.1.1, svyciprop(method=\"beta\")",
        ("test_survey.py::test_other_intervals_of_a_share_are_those_of_r",
         "test_survey.py::test_a_large_sample_with_two_clusters_a_stratum_and_unequal_weights_is_that_of_r"),
    ),
    "survey, Wilson": Method(
        "Wilson's score limits of n p among n, n as for Korn–Graubard",
        ("Dean & Pagano (2015), JSSAM 3:484-503", "Franco, Little, Louis & Slud (2019), JSSAM 7:334-364", "Wilson (1927), JASA 22:209-212"),
        "R survey 4.1.1 for V, base R 4.2.2 prop.test(correct=FALSE) for the limits",
        ("test_survey.py::test_other_intervals_of_a_share_are_those_of_r",
         "test_survey.py::test_a_large_sample_with_two_clusters_a_stratum_and_unequal_weights_is_that_of_r"),
    ),
    "survey, t": Method(
        "R = Σwy/Σwx, V from cluster totals of w(y − Rx)/Σwx, both stages (calibrated weights: of their residuals); R ± t SE, t on clusters − strata",
        ("Särndal, Swensson & Wretman (1992), section 5.6", "Lumley (2010), Complex Surveys"),
        "R survey 4.1.1, svymean and svyratio",
        ("test_survey.py::test_estimates_limits_and_df_are_those_of_r_for_all_and_for_every_domain",
         "test_survey.py::test_two_stages_with_both_corrections_are_those_of_sarndal"),
    ),
    "survey, census": Method(
        "as survey, t; every cluster and every answer is in, so V = 0 and the limits are the value",
        ("Särndal, Swensson & Wretman (1992), section 2.8",),
        "worked by hand: both corrections are 1 − 1",
        ("test_survey.py::test_where_everybody_was_asked_limits_equal_the_value_however_answers_vary",),
    ),
    "survey total, t": Method(
        "T = Σwy, V from cluster totals of wy, 0 outside the domain (calibrated weights: of their residuals); T ± t SE",
        ("Särndal, Swensson & Wretman (1992), chapter 4", "Deville & Särndal (1992), JASA 87:376-382"),
        "R survey 4.1.1, svytotal, also after rake, postStratify and calibrate",
        ("test_survey.py::test_totals_and_numbers_of_people_are_those_of_r", "test_calibrate.py::test_the_raking_example_of_r_is_met"),
    ),
    "survey quantile, Woodruff": Method(
        "q = smallest answer with F(q) ≥ p; limits of F(q) ± t SE read off F",
        ("Woodruff (1952), JASA 47:635-646",),
        "R survey 4.1.1, svyquantile",
        ("test_survey.py::test_quantiles_and_woodruffs_limits_are_those_of_r",),
    ),
    "survey quantile, Woodruff (logit)": Method(
        "as survey quantile, Woodruff, with logit limits of F(q)",
        ("Woodruff (1952), JASA 47:635-646",),
        "R survey 4.1.1, svyquantile(interval.type=\"xlogit\")",
        ("test_survey.py::test_quantiles_and_woodruffs_limits_are_those_of_r",),
    ),
    "survey quantile, Woodruff (Korn-Graubard)": Method(
        "as survey quantile, Woodruff, with Korn–Graubard limits of F(q)",
        ("Woodruff (1952), JASA 47:635-646", "Korn & Graubard (1998), Survey Methodology 24:193-201"),
        "R survey 4.1.1, svyquantile(interval.type=\"beta\")",
        ("test_survey.py::test_quantiles_and_woodruffs_limits_are_those_of_r",),
    ),
    "survey difference, t": Method(
        "m₁ − m₀ ± t √V(Σ(z₁ − z₀)), z the influences of either mean; clusters in both carry their covariance",
        ("Lumley (2010), Complex Surveys, chapter 2", "Korn & Graubard (1999), Analysis of Health Surveys, section 3.6"),
        "R survey 4.1.1, svycontrast on svyby(covmat=TRUE)",
        ("test_survey.py::test_differences_of_domains_carry_their_covariance_as_in_r",
         "test_survey.py::test_a_change_between_samples_that_share_clusters_carries_their_covariance"),
    ),
    "bounds, missing 0 and 1": Method(
        "Σw·yes/Σw and (Σw·yes + Σw·missing)/Σw over everybody asked",
        ("Manski (1990), American Economic Review 80(2):319-323",),
        "worked by hand",
        ("test_survey.py::test_bounds_take_everything_missing_as_no_and_as_yes",),
    ),
    "sample size": Method(
        "n₀ = z²p(1−p)/e², n = n₀/(1 + (n₀ − 1)/N), × design effect, ÷ response rate",
        ("Cochran (1977), Sampling Techniques, section 4.4", "Krejcie & Morgan (1970), Educational and Psychological Measurement 30:607-610"),
        "Krejcie & Morgan (1970), table 1",
        ("test_survey.py::test_sample_sizes_are_those_of_krejcie_and_morgan",),
    ),
    "matched sets, t": Method(
        "mean of d_s ± t(S−1) · sd(d)/√S, d_s = change of the pilot − mean change of the others of street s",
        ("Gerber & Green (2012), Field Experiments, chapters 3-4", "Imai, King & Nall (2009), Statistical Science 24:29-53"),
        "R stats::t.test",
        ("test_pilots.py::test_matched_sets_are_rs_t_test_and_sign_flip",),
    ),
    "sign-flip": Method(
        "p = share of the 2^S sign vectors s with |Σ s d| ≥ |Σ d|; limits: the values not rejected",
        ("Fisher (1935), The Design of Experiments, section 21", "Hartigan (1969), JASA 64:1303-1317"),
        "Fisher's count for Darwin's maize; SciPy permutation_test; R by brute force",
        ("test_randomisation.py::test_darwins_maize_as_fisher_tested_it", "test_randomisation.py::test_the_sign_flip_test_is_that_of_scipy",
         "test_randomisation.py::test_the_sign_flip_test_is_that_of_r_by_brute_force"),
    ),
    "randomisation within sets": Method(
        "p = share of the choices of as many treated inside each set whose statistic is at least as far from 0",
        ("Gerber & Green (2012), Field Experiments, table 2.2 and chapter 3",),
        "Gerber & Green's seven villages, 8/21; R by brute force",
        ("test_randomisation.py::test_gerber_and_green_2012_table_2_2", "test_randomisation.py::test_choices_inside_sets_are_those_of_r_by_brute_force"),
    ),
    "least squares, CR2": Method(
        "b = Σ x̃y/Σ x̃²; V = Σ (x̃_g'A_g e_g)²/(Σ x̃²)², A_g = (I − H_gg)^(−1/2); t with (tr P)²/tr P² degrees of freedom",
        ("Bell & McCaffrey (2002), Survey Methodology 28:169-181", "Pustejovsky & Tipton (2018), JBES 36:672-683"),
        "R clubSandwich 0.5.8, vcovCR(type = \"CR2\") and coef_test",
        ("test_randomisation.py::test_cr2_of_changes_is_clubsandwichs_of_the_panel",
         "test_pilots.py::test_two_way_fixed_effects_are_clubsandwichs_and_the_brute_force_bootstraps",
         "test_dose.py::test_the_slope_is_that_of_rs_panel_with_a_constant_per_area_and_year"),
    ),
    "assessor effects, CR2": Method(
        "score = community × item + assessor, least squares; effect = own less the mean of its source; V and degrees of freedom CR2, clustered by community",
        ("Bell & McCaffrey (2002), Survey Methodology 28:169-181", "Pustejovsky & Tipton (2018), JBES 36:672-683"),
        "R clubSandwich 0.5.8, linear_contrast; statsmodels OLS with a dummy for each community and item",
        ("test_leniency.py::test_errors_are_those_of_clubsandwich_in_r",
         "test_leniency.py::test_effects_are_those_of_statsmodels_with_a_dummy_for_each_community_and_item"),
    ),
    "wild cluster bootstrap": Method(
        "p = share of all ±1 vectors over clusters whose t of y* = fit under H₀ + sign · residual is at least as far; limits: the values not rejected",
        ("Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90:414-427", "MacKinnon & Webb (2020), Journal of Econometrics 218:435-450"),
        "R by brute force: lm refitted for every sign vector",
        ("test_randomisation.py::test_the_wild_bootstrap_of_changes_is_that_of_the_panel_in_r",
         "test_randomisation.py::test_the_wild_bootstrap_of_a_dose_is_that_of_the_panel_in_r"),
    ),
}  # fmt: skip
