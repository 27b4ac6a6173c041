import pytest

from {{snake}} import count_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("1984, 42 … !", {}),
        ("The cat and the hat", {"the": 2, "cat": 1, "and": 1, "hat": 1}),
        ("¿Qué? ¡QUÉ!", {"qué": 2}),
        ("don't well-known", {"don't": 1, "well-known": 1}),
        ("- 'quoted' -", {"quoted": 1}),
    ],
)
def test_counts_each_word_whatever_its_case(text: str, expected: dict[str, int]) -> None:
    assert count_words(text) == expected
