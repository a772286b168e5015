"""Evaluation of community governance funds: street workbooks in, annual reports out.

The public names, in the order of the flow: files → data → measure → show → publish. Each is imported when first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = {
    "errors": "DataError ArgumentError",
    "data.load": "load load_sample",
    "data.dataset": "Dataset",
    "data.areas": "match_editions",
    "measure.indicators": "INDICATORS indicators usage_rate sediment_rate participation_rate participation_intensity awareness_rate satisfaction_rate "
    "satisfaction_score completion_rate on_time_rate disclosure_rate voucher_rate sourcing_compliance_rate process_days self_raised_ratio cost_per_project "
    "training_coverage matching_rate",
    "measure.compare": "compare_periods",
    "measure.decomposition": "decompose",
    "measure.trend": "trend",
    "measure.robustness": "robustness sensitivity",
    "measure.process": "project_mix stages",
    "measure.pilots": "pilot_effect",
    "measure.dose": "dose_effect",
    "measure.panel": "panel",
    "measure.outliers": "funnel",
    "measure.smallarea": "small_areas",
    "measure.raters": "assessor_agreement self_assessment_gap",
    "measure.rubric": "load_rubric check_rubric",
    "measure.scores": "evaluate",
    "measure.score_release": "release_scores",
    "measure.ranking": "rank rank_indicator",
    "measure.weightings": "weight_robustness",
    "measure.movement": "movement",
    "measure.leniency": "leniency adjusted_totals self_gap_by_item",
    "measure.gaps": "gaps strengths compare_waves",
    "measure.rewards": "load_rewards rewards",
    "measure.disclosure": "release release_comparison audit",
    "measure.survey": "survey survey_design sample_size",
    "show.views": "area_of district_of fund_since fund_before span row_of rows_of inside over_years change_since answers widest_gaps repairs pilots files_used",
    "show.naming": "named",
    "show.overview": "activity coverage published_beside say_title say_coverage say_findings say_made",
    "show.wording": "say_headline say_usage say_participation say_awareness say_satisfaction say_position say_change say_comparison say_note label",
    "show.tables": "table indicator_table comparison_table",
    "show.scores": "scored weighed say_score say_rank say_standing say_noise say_weights say_rubric say_how_ranked",
    "show.score_tables": "score_table rank_table street_table gap_table strength_table rate_table",
    "show.score_charts": "plot_scores plot_parts",
    "show.charts": "plot_trend plot_ranking plot_comparison plot_funnel",
    "show.process_charts": "plot_mix plot_stages",
    "data.boundaries": "sample_boundaries",
    "show.maps": "plot_map",
    "show.gallery": "gallery",
    "show.explore": "explore browse",
    "show.apart": "say_decomposition say_trend say_robustness breaks_crossed plot_decomposition plot_quarters plot_variants",
    "show.grounds": "grounds say_cited",
    "show.tracing": "tracing",
    "show.own_words": "own_words",
    "show.annexes": "conclusion_table rubric_table say_each say_survey say_sample say_kinds definition_table figure_table value_table method_table rule_table",
    "show.targets": "target_table",
    "show.inner_tables": "leniency_table self_gap_table reward_table",
    "publish.runs": "run_reports",
    "publish.check": "run_check",
    "publish.panels": "write_panel",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"fundanalytics has no {name!r}; see fundanalytics.__all__")
    home = import_module(f".{_HOME[name]}", __name__)
    value = getattr(home, name, home) if _HOME[name].endswith(f".{name}") else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
