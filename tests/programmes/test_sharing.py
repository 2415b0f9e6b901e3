"""How the pot of a list is shared among its awards, in words."""

from __future__ import annotations

from market.documents.sentences import fill
from market.programmes.sharing import PotSharing, share_pot


def test_where_a_list_is_served_by_rank_the_notice_says_so() -> None:
    ranked, stopped = (
        [fill(sentence) for sentence in PotSharing(100_00, 150_00, mode).sentences()]
        for mode in ("ranked", "hard_stop")
    )

    begin = "本批核算合计 ￥150.00，年度预算可用余额 ￥100.00；"
    assert ranked == [begin + "按名次依次安排，余额不足一项的全部给该项，用完为止。"]
    assert stopped == [begin + "按名次依次足额安排，到第一项不能足额安排的为止，不足的余额不拆分。"]
    share = PotSharing(100_00, 150_00, "ranked").share_of(80_00, 20_00)
    assert fill(share) == "核算补助 ￥80.00，安排 ￥20.00。"
    assert PotSharing(150_00, 150_00, "pro_rata").sentences() == []
    assert PotSharing(0, 150_00, "none").sentences() == []


def test_where_all_are_reduced_alike_each_award_can_be_computed_again_from_the_words() -> None:
    pot, computed = 100_00, (50_00, 70_00, 30_01)
    sharing = PotSharing(pot, sum(computed), "pro_rata")

    awards = share_pot(pot, computed, sharing.mode)

    assert "＝0.6666222251（截取十位小数）" in fill(sharing.sentences()[0])
    assert [fill(sharing.share_of(*pair)) for pair in zip(computed, awards, strict=True)] == [
        "核算补助 ￥50.00，折算 33.331111 元，舍去余数后 ￥33.33，余数分配 0 分，补助 ￥33.33。",
        "核算补助 ￥70.00，折算 46.663555 元，舍去余数后 ￥46.66，余数分配 0 分，补助 ￥46.66。",
        "核算补助 ￥30.01，折算 20.005332 元，舍去余数后 ￥20.00，余数分配 1 分，补助 ￥20.01。",
    ]
