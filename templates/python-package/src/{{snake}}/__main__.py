"""Lets the package be run: `python -m {{snake}}`."""

from .cli import main

raise SystemExit(main())
