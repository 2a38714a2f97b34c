"""Pure decisions of the profile service: how data is masked, who may act on whom, what an identity must look like.

The measures and signals are set-based SQL (`services/profile/sql`) with thresholds in `services/profile/policies`.
"""
