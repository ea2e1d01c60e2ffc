"""What words of project work say, written by hand; how a comment is scored is `tone`'s.

Values are on VADER's scale, -4 to 4. An entry of several words is looked for as it stands, the longest first. Frozen
before the hold-out of docs/tone.md was written: who changes an entry writes a new hold-out.
"""

PRAISE = 2.2
GOOD = 1.6
MILD_GOOD = 0.8
COURTEOUS = 0.5
MILD_BAD = -0.9
BAD = -1.6
DIRE = -2.4
_NONE = 0.0


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in listed.split(";") if phrase.strip())


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _group(value: float, listed: str) -> dict[str, float]:
    return dict.fromkeys(_phrases(listed), value)


LEXICON: dict[str, float] = {
    **_group(
        PRAISE,
        """great work; great job; good job; good work; nice work; nice job; amazing work; awesome work; excellent
        work; well done; kudos; nailed it; hats off; shout out; shoutout; props to; works like a charm; works
        beautifully; ahead of schedule; ahead of plan; ahead of time; under budget; back on track; big win; huge win;
        great progress; exceeded; happy with; love it; love this; love the; over the moon; really appreciate; much
        appreciated; great news; good news; impressed; above target; beat the target""",
    ),
    **_group(
        GOOD,
        """lgtm; looks good; look good; looking good; looks great; ship it; shipped; merged; green light; greenlit;
        green lit; signed off; sign off received; thumbs up; approved; on track; on schedule; on time; unblocked; good
        to go; all set; +1; works as expected; works fine; works now; working now; works well; works perfectly; all
        green; tests pass; tests are passing; passed; went live; is live; are live; now live; launched; delivered; in
        good shape; smooth; smoothly; no regressions; milestone reached; caught up; improved; improvement; reviewed
        and approved; all done; fixed; resolved; solved; sorted; cleared; on target; in great shape; stable; faster;
        ahead; closed the gap; good progress; excited; accepted; looks solid; clean run; agreed; makes sense; good
        catch; good idea; good point; fully tested; mitigated; addressed; repaired; patched; with room to spare;
        confident""",
    ),
    **_group(
        MILD_GOOD,
        """done; completed; complete; finished; ready; sounds good; works for me; helpful; fine by me; fine with me;
        happy to help; nice; under control; progressing; moving along; no objections""",
    ),
    **_group(COURTEOUS, "thanks; thank you; thx; ty; thanks a lot; many thanks"),
    **_group(
        MILD_BAD,
        """late; issue; issues; waiting on; waiting for; tight; unclear; not sure; concern; concerns; concerned;
        rework; any update; any updates; any news; any progress; again; pushed back; push back; pushed out; pushing
        out; postponed; on hold; dependency risk; gap; gaps; incomplete; manual workaround; out of date; confusing;
        confused; slow; slower; behind; reopening; reopened; shortage; last minute; underestimated; not done; not
        finished; not ready; not started; haven't heard; hasn't replied; hasn't responded; no reply; no response; no
        answer; no update; no updates; no decision; no owner; no progress; not enough; missing; struggling; leaves us
        with; descoped; stretched; harder than; more complicated; complaints; complaint; complaining; questionable""",
    ),
    **_group(
        BAD,
        """blocked; blocker; blockers; blocking; is blocking; stuck; slip; slips; slipping; slipped; delay; delays;
        delayed; overdue; behind schedule; at risk; off track; off the rails; missed the; missed our; regression;
        regressions; broken; breaks; broke; breaking; rollback; rolled back; rolling back; roll back; reverted;
        failing; failed; fails; flaky; still waiting; escalate; escalating; escalated; unrealistic; overloaded;
        understaffed; short staffed; over budget; scope creep; no idea; doesn't work; does not work; don't work;
        didn't work; not working; isn't working; aren't working; stopped working; no longer works; not acceptable;
        unacceptable; falling behind; fallen behind; fell behind; fell through; bottleneck; bottlenecked; show
        stopper; showstopper; data loss; unhappy; frustrated; frustrating; frustration; dropped the ball; fell through
        the cracks; firefighting; running out of time; out of time; won't make it; will not make it; can't make it;
        not going to make; won't be able to; unable to; wrong; keeps failing; keeps breaking; keeps crashing; crashes;
        crashing; crashed; worried; worrying; struggled; let down; blown; overrun; overrunning; overran; unplanned;
        burning out; burned out; burnt out; burnout; wasted; waste; waste of time; disappointed; disappointing; mess;
        nightmare; painful; annoying; ridiculous; not good; not good enough; not happy; unresolved; unreliable;
        outage; downtime; is down; are down; was down; went down; rejected; cannot proceed; can't proceed; can't
        continue; dead in the water; losing; too late; too slow; too many; too much; can't keep up; pulled off;
        nobody; no one; never got; gave up; giving up; below target""",
    ),
    **_group(
        DIRE,
        """third time; for weeks; for months; yet again; once again; fed up; sick of; what a mess; thanks for nothing;
        oh great; just great; great another; great , another; fantastic , another; wonderful , another; brilliant ,
        another; perfect , another; lovely , another; awesome , another; just what we needed; what could go wrong;
        nice try; yeah right; as usual; so much for; good luck with that; sure why not; surprise surprise; must be
        nice; completely lost; in the dark; blindsided; disaster; catastrophe; unbelievable; catastrophic; missed the
        deadline; not fixed""",
    ),
    # Words that VADER hears as feeling, and work uses as terms or courtesy.
    **_group(
        _NONE,
        """critical path; kill the process; kill switch; kill the job; kill the pod; killed the process; killed the
        job; kill; kills; killed; killing; critical; criticality; dead code; dead letter; dead link; dead links;
        deadline; deadlines; deadlock; stress test; stress tests; penetration test; pen test; attack surface; threat
        model; failover; fail over; fail safe; failsafe; post mortem; postmortem; war room; tech debt; technical debt;
        error handling; error message; error messages; error budget; error log; error logs; error rate; error page;
        bug report; bug bash; crash report; crash reports; risk register; risk log; risk assessment; risk review;
        issue tracker; issue template; code freeze; hard deadline; hard coded; hard copy; third party; interested
        party; low priority; lower priority; high priority; low hanging fruit; share; shared; shares; sharing;
        support; supports; supported; create; creates; created; active; party; please; pls; hope; hopes; hi; hello;
        hey; dear; best; best regards; kind regards; kind; regards; cheers; thanks in advance; ok; okay; yes; yeah;
        yep; sure; like; likes; well; as well; want; wants; care; number; top; value; values; interest; certain;
        security; secure; free; free to; feel free; play; drop; drops; cut; cut over; stop; stops; pay; alert; alerts;
        warning; warnings; demand; demands; debt; natural; true; important; help; challenge; defect; defects; error;
        errors; fire; gross; reach; low; lower; lowest; hard; matter; matters; block; blocks; cancel; cancelled;
        canceled; canceling; leave; limited; limitation; exclude; excluded; excluding; discard; restrict; restricted;
        negative; positive; conflict; conflicts; merge conflict; merge conflicts; vulnerability; vulnerabilities;
        join; opportunity; opportunities; solution; solutions; energy; gain; strength; intelligence; admit;
        challenges; sorry; risk; risks; problem; strengths; ensure; ensures; greetings; welcome; asset; assets;
        resolve; solve; legal; credit; justice; pressure; crash; crash bug; pretty; fine; clear; clearly; share price;
        significant; easy; straight; straightforward; trust; trusted; dumb; kindly; cap; save; saved; saves; saving;
        commit; commits; committed; promise; promises; agree; lol; haha; empty; chance; chances; god; straight up;
        suspend; suspended; grant; granted; grants; question; questions; abort; aborted; fight; battle; toxic;
        toxicity; cry; devil""",
    ),
}
"""Word or phrase in lower case -> how it sounds."""

EMOJI = {
    "👍": "lgtm", "🎉": "kudos", "🚀": "kudos", "✅": "done", "🙌": "kudos", "❤": "kudos", "😀": "nice", "🙂": "nice",
    "👎": "rejected", "😡": "frustrated", "😞": "disappointed", "😠": "annoying", "😤": "frustrated",
    "🤦": "frustrated", "😩": "frustrated", "🙄": "annoying",
}  # fmt: skip
"""Sign -> the entry it stands for."""

REMEDIES = _words(
    """fixed fixes resolved resolves solved sorted patched mitigated eliminated removed removes cleared repaired
    addressed addresses closed closes prevents prevented avoids avoided handles handled caught rectified corrected
    reduced reduces cured"""
)
"""Trouble named right after or before one of these is trouble no more."""

TROUBLE = _words(
    """bug bugs crash crashes crashing error errors failure failures failing failed fault faults regression
    regressions issue issues problem problems defect defects leak leaks conflict conflicts deadlock blocker blockers
    blocked delay delays delayed risk risks outage outages downtime concern concerns complaint complaints gap gaps
    mess vulnerability vulnerabilities exploit warning warnings slow broken flaky surprise surprises objections
    objection bottleneck slippage slip overrun regressed stuck corruption rework breaking breaks late overdue"""
)
"""What can be absent, or be mended."""

LINKS = _words("is was are were be been being has have had now finally all already got the a an that this")
"""What may stand between trouble and its remedy."""

URGENT = _phrases(
    """asap; urgent; urgently; immediately; right away; right now; emergency; blocker; showstopper; show stopper; is
    down; are down; outage; sev1; sev 1; p0; p1; by eod; eod today; by end of day; end of day today; by noon; by
    tonight; drop everything; time critical; time sensitive; cannot wait; can't wait; top priority; highest
    priority; blocking us; blocking the release; need * now; need * today; need * tonight; needs * today; needed
    today; by today; please * today; before the release; hotfix; escalate; escalating; escalated; critical bug; data
    loss; security incident; breach; by tomorrow; tomorrow morning; within the hour; customers are affected; running
    out of time; last chance; overdue"""
)
"""Phrases that ask for haste; `*` is up to five words."""

CALM = _phrases(
    """not urgent; no rush; no hurry; not a blocker; no longer urgent; no longer blocking; when you have time;
    when you get a chance; whenever you; non urgent; low priority; nice to have; isn't urgent; can wait; not blocking;
    no urgency; was urgent; no longer a blocker; no blocker; not overdue"""
)
"""Phrases that take the haste out of those."""

STOP_WORDS: dict[str, frozenset[str]] = {
    language: _words(words)
    for language, words in {
        "english": """the a an and or but if then than that this these those is are was were be been being am
        have has had do does did done will would can could should may might must shall not no of to in on at by for
        with from into about as it its it's i i'm i've we we're we've you you're your our my me us he she they them
        their his her what when where which who why how there here so just now still yet already all any some more
        most other only too very again please thanks thank let need needs needed waiting looks good great done after
        before until today tomorrow yesterday next last week can't don't doesn't isn't won't didn't up out over also
        because update updated moved see check everything nothing nobody""",
        "german": """der die das und oder aber ist sind war waren nicht ein eine einen einem einer wir ich sie
        er es mit von zu für auf im in den dem des noch schon bitte danke auch kann können wird werden wurde haben hat
        bei nach wie was wenn dann als aus bis nur sehr mehr über heute morgen gestern wieder alles uns euch mir dir""",
        "french": """le la les un une des et ou mais est sont était pas ne nous vous je il elle ils elles avec
        de du au aux pour sur dans par que qui ce cette ces encore déjà merci aussi peut être avoir fait plus très
        quand donc si tout tous on à en c'est j'ai""",
        "spanish": """el la los las un una unos y o pero es son fue era no con de del al para por que en se lo su
        sus está están ya más muy cuando también gracias favor hay hoy mañana ayer nos yo este esta esto como todo""",
        "portuguese": """o os as um uma e ou mas é são foi não com de do da dos das para por que em se no na está já
        mais muito quando também obrigado obrigada você hoje amanhã ontem isso este esta como tudo ao à""",
        "italian": """il lo la gli le un una e o ma è sono era non con di del della dei per che in si al alla più
        molto quando anche grazie oggi domani ieri questo questa come tutto già ancora ho abbiamo""",
        "dutch": """de het een en of maar is zijn was niet met van te voor op in dat die dit wij we ik je jij
        hij zij ook nog al kan wordt worden heeft hebben bij naar als uit tot meer heel vandaag morgen gisteren weer
        graag""",
        "nordic": """og eller men er var ikke med av til for på i en et den det som vi jeg du han hun å har kan
        vil skal och är inte med av till för på ett jag ni också från idag imorgen imorgon takk tack tak""",
        "polish": """i a ale jest są był nie z ze do na w we że się to co jak tak już jeszcze dla przez po czy
        może dziś jutro proszę dziękuję bardzo tylko""",
        "turkish": """ve bir bu şu için ile değil var yok çok daha gibi ama ben biz siz mi mı olarak kadar sonra
        bugün yarın lütfen teşekkürler""",
    }.items()
}
"""Language -> its most common words; English first."""
