import pytest

from market.codes import lists


@pytest.mark.parametrize(
    ("trl", "expected"),
    [
        (1, "实验室"),
        (3, "实验室"),
        (4, "小试"),
        (5, "小试"),
        (6, "中试"),
        (7, "中试"),
        (8, "产业化"),
        (9, "产业化"),
    ],
)
def test_a_readiness_level_belongs_to_one_stage(trl: int, expected: str) -> None:
    assert str(lists.stage(trl)) == expected


@pytest.mark.parametrize("trl", [0, 10, -1])
def test_there_is_no_stage_beyond_the_nine_levels(trl: int) -> None:
    with pytest.raises(ValueError, match="readiness level"):
        lists.stage(trl)


def test_the_stages_cover_the_nine_levels_once() -> None:
    covered = [trl for key in lists.STAGES for trl in lists.STAGE_LEVELS[key]]

    assert covered == list(lists.TRL) == list(range(1, 10))


def test_the_registration_form_knows_eleven_fields_of_technology() -> None:
    assert len(lists.FIELDS) == 11


def test_a_code_list_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        lists.FIELDS["magic"] = lists.UNCLASSIFIED  # type: ignore[index]


def test_every_nature_code_has_three_digits() -> None:
    assert all(len(code) == 3 and code.isdigit() for code in lists.NATURES)
