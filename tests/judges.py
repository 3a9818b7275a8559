"""Other people's programs, which judge the books written out for them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Check = Callable[[Path], subprocess.CompletedProcess[str]]

# Every amount in pounds: of a posting or an assertion, not of a tolerance or of how a unit is written.
POUNDS = re.compile(r"(?<=  )(?<!~ )(?<!commodity )-?\d+\.\d\d(?= GBP| ~)|(?<== )-?\d+\.\d\d(?= GBP)")


def bean_check(file: Path) -> subprocess.CompletedProcess[str]:
    """Beancount's own verdict."""
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run([program, "--no-cache", file], capture_output=True, text=True, check=False)


def hledger_check(file: Path) -> subprocess.CompletedProcess[str]:
    """hledger's own verdict: accounts and units declared, days in order, assertions true."""
    command = ["hledger", "check", "--strict", "ordereddates", "-f", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def judge(form: str) -> Check:
    """The program that judges that form; skips the test where hledger is wanted and not installed, but in CI."""
    if form == "beancount":
        return bean_check
    if shutil.which("hledger") is None and not os.environ.get("CI"):
        pytest.skip("hledger is not installed (apt-get install hledger)")
    return hledger_check
