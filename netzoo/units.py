"""Numbers as text, each with its unit; the only place where netzoo formats numbers for people.

Prefixes are decimal (k = 1000, M = 1000 k, G = 1000 M, T = 1000 G) and three digits are kept.
"""

PREFIXES = ("", "k", "M", "G", "T", "P")


def scaled(value: float) -> tuple[str, str]:
    """Return a number as three digits and a prefix: 46764746 gives ("46.8", "M")."""
    step = 0
    while abs(value) >= 999.5 and step < len(PREFIXES) - 1:
        value /= 1000
        step += 1
    if step == 0 and value == int(value):
        return str(int(value)), ""
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}", PREFIXES[step]


def quantity(value: float, unit: str = "") -> str:
    """Return a quantity with its prefix and unit: 1876292352 and "FLOPs" give "1.88 GFLOPs"."""
    digits, prefix = scaled(value)
    return f"{digits} {prefix}{unit}".strip()


def change(difference: float) -> str:
    """Return a difference of quantities with its sign: "+16.8 M", "-42.0 M", "0"."""
    return ("+" if difference > 0 else "") + quantity(difference)


def exact(count: int) -> str:
    """Return a count to the last digit: "46,764,746"."""
    return f"{count:,}"


def ratio(value: float) -> str:
    """Return a factor: "1.45×", "757.9×", "2,252×"."""
    digits = 2 if value < 9.995 else 1 if value < 999.95 else 0
    return f"{value:,.{digits}f}×"


def three_digits(value: float) -> str:
    """Return a plain number of any size to three digits: "0.0213", "1.85e-06", "214"."""
    return f"{value:.3g}"


def factor(value: float) -> str:
    """Return a factor of any size to three digits: "0.000312×", "1.45×"."""
    return f"{value:.3g}×"


def percent(share: float, digits: int = 1) -> str:
    """Return a share of one as a percentage: 0.871 gives "87.1 %"."""
    return f"{100 * share:.{digits}f} %"


def goal(share: float) -> str:
    """Return a share that was asked for as a percentage, unrounded: 0.9 gives "90 %"."""
    return f"{100 * share:.6g} %"


def spread(mean: float, sd: float | None) -> str:
    """Return mean and standard deviation to three digits: "3.33 ± 0.577", "3" without one."""
    return three_digits(mean) if sd is None else f"{three_digits(mean)} ± {three_digits(sd)}"


def percent_spread(mean: float, sd: float | None) -> str:
    """Return mean and standard deviation of a share: "80.6 ± 1.4 %", "80.6 %" without one."""
    return percent(mean) if sd is None else f"{100 * mean:.1f} ± {percent(sd)}"


def percent_range(low: float, high: float) -> str:
    """Return an interval of shares: "75.2 … 82.8 %"."""
    return f"{100 * low:.1f} … {percent(high)}"


def points(difference: float, interval: tuple[float, float] | None = None) -> str:
    """Return a difference of shares in percentage points: "+10.5 (+8.1 … +12.9)"."""

    def signed(value: float) -> str:
        text = f"{100 * value:+.1f}"
        return "+0.0" if text == "-0.0" else text

    if interval is None:
        return signed(difference)
    return f"{signed(difference)} ({signed(interval[0])} … {signed(interval[1])})"


def p_value(p: float) -> str:
    """Return a p value with its sign of relation: "= 0.016", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def decimal(value: float) -> str:
    """Return a plain number: three decimals, or three digits from 1000 on: "0.523", "2.15e+07"."""
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.3g}"


def rate(value: float) -> str:
    """Return a rate per second to three digits: "443", "13,100"."""
    digits = max(0, len(str(int(value))) - 3)
    return f"{round(value, -digits):,.0f}" if value >= 99.5 else f"{value:.3g}"


def seconds(value: float) -> str:
    """Return a duration: "320 ms", "4.1 s", "1 min 50 s", "2 h 5 min"."""
    if value < 0.9995:
        return f"{1000 * value:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    if value < 3599.5:
        return f"{round(value) // 60} min {round(value) % 60} s"
    minutes = round(value / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def latency(value: float) -> str:
    """Return a short duration to three digits: "0.412 ms", "15.3 ms", "1.53 s"."""
    if value < 0.9995:
        return f"{three_digits(1000 * value)} ms"
    return f"{three_digits(value)} s"


def pixels(height: int, width: int) -> str:
    """Return an image size: "224 × 224 px"."""
    return f"{height} × {width} px"


def batch(dimensions: tuple[int | None, ...]) -> str:
    """Return a tensor shape with its batch: "(batch, 28, 28, 1)", an open dimension as "?"."""
    sizes = ("?" if size is None else str(size) for size in dimensions[1:])
    return f"({', '.join(('batch', *sizes))})"


def shape(dimensions: tuple[int | None, ...]) -> str:
    """Return a tensor shape without its batch: "54 × 54 × 96", an open dimension as "?"."""
    return " × ".join("?" if size is None else str(size) for size in dimensions)
