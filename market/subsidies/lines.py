"""The computation sheet in words: each line with its clause, what went in, what came out.

Amounts between the stages are exact; here they are shown in fen, the addends of one total by largest
remainder, so that what a reader adds up on paper comes out.
"""

from __future__ import annotations

from market.subsidies import texts
from market.subsidies.rates import Part
from market.subsidies.sharing import SCALE, share, to_fen
from market.subsidies.terms import Terms
from market.subsidies.texts import Text
from market.subsidies.works import Line, Stage, Work


def lines_of_contract(work: Work, terms: Terms) -> tuple[Line, ...]:
    """Return one contract's lines, down to what it is awarded."""
    base = _base_line(work, terms)
    if work.case is not None:
        return (base, *_computed(work, terms))
    if terms.summed is not None and work.award:
        note = Text(texts.SHARED)
        return (base, Line("share", str(terms.base.clause), work.base, work.award, note))
    return (base,)


def lines_of_claim(sums: list[Work], year_stage: Stage | None, terms: Terms) -> tuple[Line, ...]:
    """Return the lines of the claim as a whole."""
    lines: list[Line] = []
    for work in sums:
        if terms.summed is None:
            lines.append(_base_line(work, terms))
        else:
            by_year = terms.summed.by == "year"
            of = Text(texts.OF_YEAR) if by_year else work.contract.outcome or texts.named("outcome")
            note = Text(texts.SUMMED, {"of": of})
            lines.append(Line("sum", str(terms.base.clause), work.base, work.base, note))
        if work.case is not None:
            lines.extend(_computed(work, terms))
    if year_stage is not None and not (terms.summed and terms.summed.by == "year"):
        lines.append(_stage_line(year_stage, terms))
    return tuple(lines)


def _base_line(work: Work, terms: Terms) -> Line:
    fact = "paid_in_equity" if work.contract.kind == "equity" else terms.base.fact
    note = Text(texts.COUNTED, {"what": texts.named(fact)})
    return Line("base", str(terms.base.clause), work.base, work.base, note)


def _computed(work: Work, terms: Terms) -> list[Line]:
    case = work.case
    if case is None or case.rate is None:
        return []
    parts = case.rate.parts(work.base)
    extras = [
        Part(
            "add_on",
            work.base,
            add_on.basis_points,
            more,
            Text(texts.AT_RATE, _at(work, add_on.basis_points)),
        )
        for add_on, more in work.extras
    ]
    own = [stage for stage in work.stages if stage.step in {"bound", "contract_cap"}]
    later = [stage for stage in work.stages if stage.step not in {"bound", "contract_cap"}]
    clause = str(case.clause)
    more_clause = [str(add_on.clause) for add_on, _ in work.extras]
    if not terms.add_ons_outside_cap:
        shown = _shown([part.exact for part in (*parts, *extras)])
        lines = _part_lines(parts, shown, [clause] * len(parts))
        lines += _part_lines(extras, shown[len(parts) :], more_clause)
        lines += [_stage_line(stage, terms) for stage in own]
    elif work.capped != work.rated or not extras:
        lines = _part_lines(parts, _shown([part.exact for part in parts]), [clause] * len(parts))
        lines += [_stage_line(stage, terms) for stage in own]
        shown = _shown([work.capped, *(part.exact for part in extras)])
        lines += _part_lines(extras, shown[1:], more_clause)
    else:
        shown = _shown([part.exact for part in (*parts, *extras)])
        main = sum(shown[: len(parts)])
        lines = _part_lines(parts, shown, [clause] * len(parts))
        lines += [_stage_line(stage, terms)._replace(base=main, amount=main) for stage in own]
        lines += _part_lines(extras, shown[len(parts) :], more_clause)
    lines += [_stage_line(stage, terms) for stage in later]
    if work.exact % (SCALE * terms.rounding_unit):
        exact = f"{work.exact // (SCALE * 100):,}.{work.exact % (SCALE * 100):06d}".rstrip("0")
        note = Text(texts.ROUNDED, {"exact": exact})
        lines.append(Line("round", clause, to_fen(work.exact), work.award, note))
    return lines


def _at(work: Work, basis_points: int) -> dict[str, object]:
    return {"base": texts.wan(work.base), "rate": texts.percent(basis_points)}


def _shown(exact: list[int]) -> list[int]:
    """Show the addends of one total in fen, by largest remainder."""
    total = sum(exact)
    return share(to_fen(total), exact) if total else [0] * len(exact)


def _part_lines(parts: list[Part], shown: list[int], clauses: list[str]) -> list[Line]:
    return [
        Line(part.step, clause, part.base, amount, part.note, part.basis_points)
        for part, amount, clause in zip(parts, shown, clauses, strict=False)
    ]


def _stage_line(stage: Stage, terms: Terms) -> Line:
    if stage.cap is None:
        bound = terms.bound
        what = texts.named(bound.fact) if bound else ""
        note = Text(texts.BOUND, {"what": what, "bound": texts.wan(stage.room)})
        return Line(
            stage.step, str(bound.clause if bound else ""), to_fen(stage.before), to_fen(stage.after), note
        )
    told = {
        "cap": texts.wan(stage.cap.amount),
        "granted": texts.wan(stage.granted),
        "room": texts.wan(stage.room),
    }
    cut = stage.after < stage.before
    if stage.step == "contract_cap":
        text = texts.CAP_CUT if cut else texts.CAP_MET
    elif cut:
        text = texts.CAP_SHARED
    else:
        text = texts.CAP_LESS if stage.granted else texts.CAP_MET
    return Line(
        stage.step, str(stage.cap.clause), to_fen(stage.before), to_fen(stage.after), Text(text, told)
    )
