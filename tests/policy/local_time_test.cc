// SPDX-License-Identifier: ISC
#include "daemon/policy/local_time.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using namespace minetd;

namespace {

/// The process's zone, put back at the end.
class Zone {
  public:
    explicit Zone(const char* name) {
        if (const char* const before = ::getenv("TZ")) before_ = before, had_ = true;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~Zone() {
        had_ ? ::setenv("TZ", before_.c_str(), 1) : ::unsetenv("TZ");
        ::tzset();
    }
    Zone(const Zone&) = delete;
    Zone& operator=(const Zone&) = delete;

  private:
    std::string before_;
    bool had_ = false;
};

constexpr unsigned minute(unsigned hour, unsigned minutes) {
    return hour * 60 + minutes;
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("the time of the day, over changes of the offset") {
        // Rules in place of names: no data base of zones is needed.
        const struct {
            const char* zone;
            std::time_t now;
            unsigned minute;
        } rows[] = {
            {"UTC0", 0, 0},
            {"UTC0", 86'399, minute(23, 59)},
            {"UTC0", 86'400, 0},
            {"IST-5:30", 0, minute(5, 30)},
            {"NST3:30", 0, minute(20, 30)},
            // Central Europe: 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
            {"CET-1CEST,M3.5.0,M10.5.0/3", 1'774'745'999, minute(1, 59)},
            {"CET-1CEST,M3.5.0,M10.5.0/3", 1'774'746'000, minute(3, 0)},
            {"CET-1CEST,M3.5.0,M10.5.0/3", 1'792'889'999, minute(2, 59)},
            {"CET-1CEST,M3.5.0,M10.5.0/3", 1'792'890'000, minute(2, 0)},
            // New York: 2030-03-10 07:00 UTC.
            {"EST5EDT,M3.2.0,M11.1.0", 1'899'356'399, minute(1, 59)},
            {"EST5EDT,M3.2.0,M11.1.0", 1'899'356'400, minute(3, 0)},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.zone));
            CAPTURE(row.now);
            const Zone zone(row.zone);
            // Found out years ahead, or just now.
            CHECK(LocalTime(row.now).minute_of_day(row.now) == row.minute);
            if (row.now > 1'700'000'000)
                CHECK(LocalTime(1'700'000'000).minute_of_day(row.now) == row.minute);
        }
    }

    TEST_CASE("it agrees with the C library in every hour of ten years") {
        const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
        constexpr std::time_t from = 1'764'000'000;
        const LocalTime local(from);
        for (std::time_t now = from; now < from + 3650L * 86'400; now += 3601) {
            std::tm wanted{};
            ::localtime_r(&now, &wanted);
            REQUIRE(static_cast<int>(local.minute_of_day(now)) ==
                    wanted.tm_hour * 60 + wanted.tm_min);
        }
    }
}
