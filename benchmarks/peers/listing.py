"""What is measured: programs, their versions, and the sizes that each can be asked for."""

from __future__ import annotations

from dataclasses import dataclass

HERE = "here"
"""The environment of this program: the interpreter that runs the benchmark."""
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "numpy": ("numpy==2.4.6",),
    "numba": ("numpy==2.4.6", "numba==0.68.1"),
    "polars": ("numpy==2.4.6", "polars==2.1.0"),
    "neworder": ("numpy==2.4.6", "neworder==1.4.3"),
    "starsim": ("numpy==2.4.6", "starsim==3.7.2"),
    "vivarium": ("numpy==2.4.6", "vivarium==4.1.6"),
    "mesa": ("numpy==2.4.6", "mesa==3.3.1"),
    "simpy": ("numpy==2.4.6", "simpy==4.1.2"),
    "ciw": ("numpy==2.4.6", "ciw==3.2.7"),
}
"""The newest versions that pip installs under Python 3.11; neworder has newer ones, which need Python 3.12."""


@dataclass(frozen=True)
class Form:
    """One way to do a job: the file of that name in ``forms``, where it runs and at what size.

    Large sizes would take some forms minutes; theirs are smaller and rates are compared, which flatters those that slow
    down with size.
    """

    name: str
    label: str
    environment: str
    size: tuple[int, int] = (120_000, 120)

    @property
    def version(self) -> str:
        """Give the version of what it is written in, as the table shows it."""
        return "this checkout" if self.environment == HERE else ENVIRONMENTS[self.environment][-1].replace("==", " ")


OURS, REPLICATIONS, REGIMES = "ours", "ours_replications", "ours_regimes"
FURTHER = "ours_further"
"""Not a form: (three regimes - one) / 2, taken within each round."""
STRONGEST_NEWORDER = "neworder_sample"
FORMS = (
    Form(OURS, "this program, one replication", HERE),
    Form(REPLICATIONS, "this program, each of ten replications", HERE),
    Form(REGIMES, "this program, three regimes, each of ten replications", HERE),
    Form("numba_tables", "numba, from move to move over tables worked out before", "numba"),
    Form("numba_events", "numba, from move to move", "numba"),
    Form("numba_dense", "numba, month by month", "numba"),
    Form(STRONGEST_NEWORDER, "neworder, mc.sample for each state", "neworder"),
    Form("polars_columns", "polars, thresholds gathered by state", "polars"),
    Form("numpy_lean", "NumPy, lean", "numpy"),
    Form("starsim_choice", "Starsim, ss.choice for each state", "starsim"),
    Form("numpy_textbook", "NumPy, textbook (the frozen loop)", "numpy"),
    Form("neworder_transition", "neworder, df.transition", "neworder"),
    Form("simpy_stays", "SimPy, a process that sleeps until it moves", "simpy", (20_000, 120)),
    Form("mesa_agents", "mesa, an agent a person", "mesa", (3_000, 120)),
    Form("simpy_months", "SimPy, a process that wakes each month", "simpy", (3_000, 120)),
    Form("vivarium_machine", "Vivarium, Machine of States", "vivarium", (120_000, 12)),
)
QUEUE_FORMS = (
    Form("ours_queue_monthly", "this program, month by month", HERE),
    Form("ours_queue_cases", "this program, case by case (`queues: per_family`)", HERE),
    Form("queue_simpy", "SimPy, Resource", "simpy"),
    Form("queue_ciw", "Ciw, one node", "ciw"),
)
SHRINKING = (100, 10, 1)
"""The queue at a hundredth, a tenth and the whole of its size."""
TOO_LARGE = {("queue_ciw", 1)}
"""Not run: Ciw looks through all servers at each event, so the whole would take minutes a run."""
