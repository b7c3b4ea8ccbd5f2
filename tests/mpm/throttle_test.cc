// SPDX-License-Identifier: ISC
#include "mpm/throttle.h"

#include <doctest/doctest.h>

using namespace minetd;

TEST_SUITE("mpm") {
    TEST_CASE("failed starts wait longer and longer, a success begins anew") {
        Throttle throttle;
        for (const Milliseconds delay : {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000})
            CHECK(throttle.start_failed() == delay);
        throttle.started();
        CHECK(throttle.start_failed() == 1000);
    }

    TEST_CASE("late crashes are replaced at once until they come too often") {
        Throttle throttle;
        Milliseconds now = 50'000;
        for (unsigned i = 0; i < Throttle::crashes_tolerated; ++i)
            CHECK(throttle.crashed(now) == 0);
        CHECK(throttle.crashed(now) == 1000);
        throttle.started();  // it always starts: that is not what is wrong with it
        CHECK(throttle.crashed(now) == 2000);
        CHECK(throttle.crashed(now + Throttle::crash_period) == 0);
    }
}
