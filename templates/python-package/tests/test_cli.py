import io
import subprocess
import sys
from pathlib import Path

import pytest

from {{snake}}.cli import main


def test_prints_the_most_frequent_words_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "text.txt"
    file.write_text("b a b c b a", encoding="utf-8")

    assert main(["--top", "2", str(file)]) == 0

    assert capsys.readouterr().out.split() == ["3", "b", "2", "a"]


def test_reads_the_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one word"))

    assert main([]) == 0

    assert capsys.readouterr().out.split() == ["1", "one", "1", "word"]


@pytest.mark.parametrize("arguments", [["no-such-file.txt"], ["--top", "0"], ["--top", "many"], ["--unknown"]])
def test_refuses_what_it_cannot_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
    assert "{{slug}}: error:" in capsys.readouterr().err


def test_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "{{snake}}", "--version"], capture_output=True, check=True, text=True, timeout=30
    )

    assert done.stdout.strip() == "0.1.0"
