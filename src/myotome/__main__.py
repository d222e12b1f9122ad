"""`python -m myotome` is `myotome`."""

from myotome.cli import main

raise SystemExit(main())
