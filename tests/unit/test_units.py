import pytest

from netzoo import units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.quantity(46_764_746), "46.8 M"),
        (units.quantity(1_876_292_352, "FLOPs"), "1.88 GFLOPs"),
        (units.quantity(999), "999"),
        (units.quantity(999_600), "1.00 M"),
        (units.quantity(61_706), "61.7 k"),
        (units.quantity(0), "0"),
        (units.quantity(0.5), "0.50"),
        (units.exact(46_764_746), "46,764,746"),
        (units.ratio(757.86), "757.9×"),
        (units.ratio(2252.34), "2,252×"),
        (units.ratio(1.0), "1.00×"),
        (units.ratio(9.996), "10.0×"),
        (units.percent(0.871), "87.1 %"),
        (units.percent_spread(0.8056, 0.0141), "80.6 ± 1.4 %"),
        (units.percent_spread(0.8056, None), "80.6 %"),
        (units.rate(13_140.0), "13,100"),
        (units.rate(443.4), "443"),
        (units.rate(99.9), "100"),
        (units.rate(4.217), "4.22"),
        (units.decimal(0.5234), "0.523"),
        (units.decimal(21_485_914), "2.15e+07"),
        (units.seconds(0.32), "320 ms"),
        (units.seconds(0.9996), "1.0 s"),
        (units.seconds(59.96), "1 min 0 s"),
        (units.seconds(110), "1 min 50 s"),
        (units.seconds(7500), "2 h 5 min"),
        (units.shape((54, 54, None)), "54 × 54 × ?"),
    ],
)
def test_numbers_carry_three_digits_and_their_unit(text, expected):
    assert text == expected
