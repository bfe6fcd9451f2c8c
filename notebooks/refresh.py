"""Run notebooks from top to bottom and keep their outputs: ``python notebooks/refresh.py [notebooks/01_first_run.ipynb ...]``.

Keeps no times, versions or other marks of the machine, so that a notebook changes only where its text, code or results do.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}  # fmt: skip


def refresh(path: Path) -> None:
    """Run one notebook in its own folder and write it back."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute(cwd=str(path.parent))
    notebook.metadata = KERNEL
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata, cell.id = {}, f"cell-{number:02d}"
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in [Path(name).resolve() for name in sys.argv[1:]] or sorted(HERE.glob("[0-9]*.ipynb")):
        print(each.name)
        refresh(each)
