// SPDX-License-Identifier: ISC
#include "daemon/policy/refusal_summary.h"

#include <doctest/doctest.h>

using namespace minetd;

TEST_SUITE("policy") {
    TEST_CASE("of a flood the first few are recorded and the rest are counted, none is forgotten") {
        RefusalSummary summary;
        std::uint64_t recorded = 0, counted = 0;
        Milliseconds now = 100'000;
        for (int i = 0; i < 100'000; ++i) {
            if (i % 100 == 0) ++now;
            recorded += summary.record(now) ? 1 : 0;
            counted += summary.take_suppressed(now);
        }
        CHECK(recorded == RefusalSummary::burst);
        CHECK(counted == 0);
        CHECK(summary.due() == 100'001 + RefusalSummary::period);
        counted += summary.take_suppressed(summary.due());
        CHECK(recorded + counted == 100'000);
        CHECK(summary.due() == 0);
        CHECK(summary.take_suppressed(now + 10 * RefusalSummary::period) == 0);
    }

    TEST_CASE("after a quiet period refusals are recorded one by one again") {
        RefusalSummary summary;
        for (unsigned i = 0; i < RefusalSummary::burst; ++i) CHECK(summary.record(1000));
        CHECK_FALSE(summary.over(1000 + RefusalSummary::period - 1));
        CHECK_FALSE(summary.record(1000));
        CHECK_FALSE(summary.over(1000 + RefusalSummary::period));
        CHECK(summary.take_suppressed(1000 + RefusalSummary::period) == 1);
        CHECK(summary.over(1000 + 2 * RefusalSummary::period));
        CHECK(summary.record(1000 + RefusalSummary::period));
    }
}
