"""A million operations on the ledger, while the backends of the database are killed: `make bench-large`.

    python -m tests.budgets.million --operations 1000000 --minutes 90 --seed 7

Each process plays years of money, the property test's own (`year_in_full.py`), several at a time, and compares each
with pen and paper every fifty steps; and it binds and pays on one line that everybody writes on. All through the one
door, as requests do, and without HTTP. Every now and then some backends are ended, and PostgreSQL recovers from a
killed one."""

import argparse
import asyncio
import itertools
import logging
import multiprocessing
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from tempfile import gettempdir
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import uvloop

import service.domain.tables  # noqa: F401 (declares the operations)
from service.demo import AUTHORITY
from service.domain.budgets.agreements import DraftAgreement, activate_budget_agreement, draft_budget_agreement
from service.domain.budgets.proving import Proof, prove
from service.domain.values import new_id
from service.process import die_with_parent
from service.storage.embedded import APPLICATION, EmbeddedPostgres
from service.storage.postgres import Storage
from tests.budgets.chance import Beset, Tally, crowd, years
from tests.budgets.contract import DAY, FIRST, SECOND, new_space
from tests.budgets.year_in_full import YearInFull
from tests.conftest import Database
from tests.mortal import SURVIVES_ITS_PROCESSES, Own, county

# Of a machine that stays on; tables grow from nothing, and are looked at often enough for plans to fit them.
SETTINGS = SURVIVES_ITS_PROCESSES | {
    "autovacuum": "on",
    "autovacuum_naptime": "10s",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
}
STEPS = 100  # of a year
YEARS, CROWD = 6, 8  # at once in each process: years, and who write on the one line
CRASHES = 12  # every so many kills PostgreSQL recovers from one
PROVING = "proof"
PROOFS = 4  # of the whole ledger while it grows


@dataclass(frozen=True)
class There(Database):
    """A database of another process."""

    address: str

    @property
    def superuser(self) -> str:
        return self.address


@dataclass(frozen=True)
class Share:
    """What one process is to do."""

    database: There
    application: str
    line: UUID
    seed: str
    numbers: tuple[int, int]  # of its years: the first, and how far it is to the next
    operations: int
    until: float  # of the monotonic clock


@dataclass
class Report:
    seed: str
    asked: int  # operations
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    kills: int = 0
    crashes: int = 0
    proofs: int = 0  # while it grew
    proof: Proof | None = None
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        tally, proof = self.tally, self.proof
        rate = tally.operations / self.seconds if self.seconds else 0
        yield f"Ledger: {tally.operations:,} of {self.asked:,} operations asked"
        yield f"  in {self.seconds:,.0f} s, {rate:,.0f}/s; seed {self.seed}"
        yield f"  {tally.refused:,} refused, each as expected; {tally.again:,} asked again after a kill"
        yield f"  {self.kills:,} backends ended, {self.crashes} times PostgreSQL recovered from a killed one"
        yield f"  {tally.years:,} years of money, compared with pen and paper {tally.checks:,} times"
        yield f"  one line for all: {tally.postings['grant']:,} bound, {tally.postings['book']:,} paid, each once"
        if proof is not None:
            whole = f"{proof.accounts:,} accounts, {proof.postings:,} postings"
            yield f"  the whole ledger, proved {self.proofs} times while it grew and at the end: {whole}"
        yield from (f"WRONG: {each}" for each in self.wrong)
        if self.wrong:
            yield "It does NOT hold."
        elif not self.whole:
            yield "What was done holds, but it is NOT all: it takes more --minutes, or was not proved while it grew."
        else:
            yield "All of it holds."

    @property
    def whole(self) -> bool:
        """Whether all that was asked for has been done and proved."""
        return not self.wrong and self.tally.operations >= self.asked and self.proof is not None and self.proofs > 0


def work(share: Share, told: "Connection[Any, Any]") -> None:
    """One process. What it tells last is its tally, or what went wrong."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()  # that connections break is no news here
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            told.send((runner.run(_work(share, told)), True))
    except BaseException:
        told.send((traceback.format_exc(), True))


async def _work(share: Share, told: "Connection[Any, Any]") -> Tally:
    storage = await Storage(share.application, read_connections=1).open()
    tally, numbers, first = Tally(), itertools.count(*share.numbers), share.numbers[0]

    def world() -> Beset:
        return Beset(storage, share.database, tally)

    def going() -> bool:
        return tally.operations < share.operations and time.monotonic() < share.until

    async def tell() -> None:
        while going():
            await asyncio.sleep(1)
            told.send((tally, False))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(tell())
            for _ in range(YEARS):
                group.create_task(years(world(), share.seed, STEPS, going, numbers, YearInFull))
            for each in range(CROWD):
                random = Random(f"{share.seed} crowd {first} {each}")  # noqa: S311
                group.create_task(crowd(world(), share.line, random, going))
    finally:
        await storage.close()
    return tally


def measure(
    operations: int,
    minutes: float,
    seed: str,
    pause: float = 5,
    processes: int = 2,
    say: Callable[[str], None] = print,
) -> Report:
    """`pause`: seconds between two kills."""
    report = Report(seed, operations)
    with EmbeddedPostgres.temporary(SETTINGS, Path(gettempdir())) as server:
        own = county(server)
        line = asyncio.run(_agreed(own))
        there, until = There(own.name, own.superuser), time.monotonic() + minutes * 60
        spawning, tellers = multiprocessing.get_context("spawn"), list[Any]()
        began = time.monotonic()
        for number in range(processes):
            mine, theirs = spawning.Pipe(duplex=False)
            part = operations // processes + (number < operations % processes)
            numbers = (number, processes)
            share = Share(there, server.address(APPLICATION), line, seed, numbers, part, until)
            spawning.Process(target=work, args=(share, theirs), daemon=True).start()
            theirs.close()
            tellers.append(mine)
        _watched(report, tellers, own, operations, began, pause, say)
        report.seconds = time.monotonic() - began
        say("Proving the whole ledger")
        report.proof = prove(server.address(APPLICATION))
        if report.proof.difference is not None:
            report.wrong.append(str(report.proof.difference))
        elif not report.wrong:
            report.wrong += _of_the_crowd(own, line, report.tally)
    return report


def _watched(
    report: Report,
    tellers: list[Any],
    own: Own,
    operations: int,
    began: float,
    pause: float,
    say: Callable[[str], None],
) -> None:
    """Until all processes have ended, or one has found something wrong."""
    random, tallies = Random(f"{report.seed} kills"), {teller: Tally() for teller in tellers}  # noqa: S311
    shown, kill, proofs, proving = began, began + 2 * pause, 1, Thread()
    while tellers and not report.wrong:
        for teller in wait(tellers, timeout=0.2):
            said, over = _heard(teller)
            if isinstance(said, str):
                report.wrong.append(said)
            else:
                tallies[teller] = said
            if over:
                tellers.remove(teller)
        report.tally, now = sum(tallies.values(), Tally()), time.monotonic()
        if now >= kill and tellers:
            kill = now + pause * random.uniform(0.5, 1.5)
            crash = (report.kills + 1) % CRASHES == 0
            report.kills, report.crashes = report.kills + _killed(own, random, crash), report.crashes + crash
        if report.tally.operations >= operations * proofs / PROOFS and proofs < PROOFS and not proving.is_alive():
            proofs += 1
            proving = Thread(target=_proved, args=(report, own))
            proving.start()
        if now >= shown + 5 or not tellers:
            shown, done = now, report.tally
            say(
                f"{now - began:7.0f} s {done.operations:12,} operations {done.operations / (now - began):6,.0f}/s"
                f" {done.years:7,} years {done.checks:8,} checks {report.kills:5} kills {report.crashes:3} recoveries"
            )
    if proving.ident is not None:
        proving.join()


def _heard(teller: Any) -> tuple[Any, bool]:
    try:
        said, over = teller.recv()
    except EOFError:
        return "a process ended without a word", True
    return said, over


def _proved(report: Report, own: Own) -> None:
    """While others go on, and again where PostgreSQL had to recover."""
    for _ in range(PROOFS):
        try:
            proof = prove(f"{own.server.address(APPLICATION)}&application_name={PROVING}")
        except psycopg.OperationalError:
            time.sleep(1)
            continue
        report.proofs += 1
        if proof.difference is not None:
            report.wrong.append(str(proof.difference))
        return


def _killed(own: Own, random: Random, crash: bool) -> int:
    """How many backends were ended: some by their word, or one by force, which takes all others with it."""
    at_work = """SELECT pid FROM pg_stat_activity
                 WHERE usename = %s AND state <> 'idle' AND application_name <> %s"""
    try:
        found = [pid for (pid,) in own.rows(at_work, APPLICATION, PROVING)]
        chosen = random.sample(found, min(len(found), 1 if crash else random.randint(1, 4)))
        for pid in chosen:
            if crash:
                os.kill(pid, signal.SIGKILL)
            else:
                own.rows("SELECT pg_terminate_backend(%s)", pid)
    except (psycopg.OperationalError, ProcessLookupError):  # it recovers still, or has ended by itself
        return 0
    return len(chosen)


async def _agreed(own: Own) -> UUID:
    """The line that all write on: with more money than they can spend."""
    storage = await Storage(own.server.address(APPLICATION), read_connections=1).open()
    world = Beset(storage, own, Tally())
    try:
        ids: dict[str, UUID] = {"id": new_id(), "authority_id": AUTHORITY, "social_space_id": new_space(own)}
        command = DraftAgreement(**ids, fiscal_year=DAY.year, cross_case=Decimal("90000000.00"))
        agreement = await world.told(FIRST, draft_budget_agreement, command, None)
        await world.told(SECOND, activate_budget_agreement, None, agreement)
    finally:
        await storage.close()
    query = "SELECT id FROM budget_line WHERE agreement_id = %s AND kind = 'cross_case'"
    ((line,),) = own.rows(query, agreement)
    assert isinstance(line, UUID)
    return line


def _of_the_crowd(own: Own, line: UUID, tally: Tally) -> Iterator[str]:
    """What stands on the one line, against what its writers were told: each posting once, and none else."""
    rows = own.rows(
        """SELECT posting.kind, count(*), count(DISTINCT subject_id), sum(amount)
           FROM posting JOIN ledger_account AS account ON account.id = to_account_id
           WHERE line_id = %s AND posting.kind <> 'approve' GROUP BY 1""",
        line,
    )
    found = {kind: tuple(rest) for kind, *rest in rows}
    held = dict(own.rows("SELECT kind, balance FROM ledger_account WHERE line_id = %s", line))
    for kind, account in (("grant", "committed"), ("book", "booked")):
        count, amount = tally.postings[kind], Decimal(tally.amounts[kind])
        if found.get(kind, (0, 0, 0)) != (count, count, amount) or held[account] != amount:
            yield f"{kind} on the line for all: told {count} times {amount} EUR, found {found.get(kind)}; {held}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=90.0, help="the longest it goes on")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    given = parser.parse_args()
    print(f"Seed {given.seed}", flush=True)
    report = measure(**vars(given), say=lambda text: print(text, flush=True))
    print(*report.lines(), sep="\n", flush=True)
    return not report.whole


if __name__ == "__main__":
    sys.exit(main())
