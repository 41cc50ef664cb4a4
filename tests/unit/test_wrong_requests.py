"""Wrong words on the command line; those that netzoo itself says are in error_cases.py."""

import pytest
from processes import one_line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("compare lenet:droput=0.2", "no change 'droput' in lenet; did you mean 'dropout'?"),
        ("compare lenet:activation=rellu", "did you mean 'relu'?"),
        ("compare lenet:dropout", "a change is written name=value; received 'dropout'"),
        ("compare lenet --augment flp", "no augment 'flp'; did you mean 'flip'?"),
        ("compare lenet --columns mac", "no column 'mac'; did you mean 'macs'?"),
        ("compare lenet --format jsn", "no format 'jsn'; did you mean 'json'?"),
        ("compare lenet --epoch 3", "No such option '--epoch'. (Did you mean one of: '--epochs'"),
        ("compare lenet --epochs 0", "epochs is from 1 to 100000; received 0"),
        ("compare lenet --learning-rate nan", "learning_rate is from 1e-12 to 1e+06; received nan"),
        ("compare lenet --batch-size -4", "batch_size is from 1 to 1000000; received -4"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(netzoo_here, tmp_path, arguments, words):
    one_line(netzoo_here(*arguments.split()), words)
    assert list(tmp_path.iterdir()) == []
