#!/usr/bin/env bash
# statsmodels 0.15.0 with scipy 1.17.1.
# Source: https://www.statsmodels.org/stable/generated/statsmodels.stats.power.TTestPower.power.html:
#   the power of a t-test for an effect size and a number of observations.
# Expected: the power of a two-sided test rises with the number of observations, up to 1.
# Seen: for large effects it is NaN at some numbers, between numbers where it is 1. The sum of both
#   tails is taken, and scipy's noncentral t gives NaN for the tail that hardly weighs (the cause is
#   known: https://github.com/scipy/scipy/issues/25106). The one-sided test at half the level has no
#   such gap. So a search for the smallest number of observations with a given power goes past it.
# Output seen:
#   effect 5, n = 3 to 9, two-sided: 0.975 1.000 1.000 nan nan nan nan
#   effect 5, n = 3 to 9, one-sided at half the level: 0.975 1.000 1.000 1.000 1.000 1.000 1.000
#   effect 10, n = 3 to 9, two-sided: nan 1.000 1.000 nan nan nan 1.000
#   effect 10, n = 3 to 9, one-sided at half the level: 1.000 1.000 1.000 1.000 1.000 1.000 1.000
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet statsmodels==0.15.0 scipy==1.17.1

"$folder/venv/bin/python" - <<'PYTHON'
import math

from statsmodels.stats.power import TTestPower

as_before = True
for effect in (5, 10):
    for level, alternative, words in (
        (0.05, "two-sided", "two-sided"),
        (0.025, "larger", "one-sided at half the level"),
    ):
        powers = [
            float(TTestPower().power(effect, n, level, alternative=alternative))
            for n in range(3, 10)
        ]
        print(f"effect {effect}, n = 3 to 9, {words}:", *(f"{power:.3f}" for power in powers))
        gaps = any(map(math.isnan, powers))
        as_before = as_before and gaps == (alternative == "two-sided")
if not as_before:
    raise SystemExit("the power has other gaps now")
PYTHON
