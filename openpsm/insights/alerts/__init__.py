"""The alert engine: rules over facts, swept set-wise; each finding is one open alert until the fact is gone.

`rules` what a rule is, `findings` the rules shipped, `sweeping` raising, waking, closing and escalating, `acts` what
people do with an alert. Rule: docs/business-rules.md#alerts
"""
