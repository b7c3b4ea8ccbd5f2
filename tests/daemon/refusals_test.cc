// SPDX-License-Identifier: ISC
#include "daemon/refusals.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("whatever reasons a server makes up, few are told apart, and every refusal counts") {
        EventLoop loop;
        std::vector<Record> written;
        Refusals refusals(
            loop, [&](const ServiceSpec&, const Record& record) { written.push_back(record); });
        ServiceSpec spec;
        spec.id = spec.name = "echo";
        constexpr unsigned all = 10'000, most = 1'000;
        for (unsigned i = 0; i < all; ++i)
            refusals.record(spec, fail_record("reason " + std::to_string(i), {}));
        // Another service's, which is told as ever.
        ServiceSpec other;
        other.id = other.name = "other";
        refusals.record(other, fail_record("service_limit", {}));
        CHECK(std::string(written.back().reason) == "service_limit");
        refusals.flush();
        CHECK(written.size() < most);
        std::uint64_t told = 0;
        for (const Record& record : written) told += record.repeated > 0 ? record.repeated : 1;
        CHECK(told == all + 1);
    }
}
