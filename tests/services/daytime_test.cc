// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

/// Sets TZ for a scope.
class TimeZone {
  public:
    explicit TimeZone(const char* name) {
        if (const char* const before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~TimeZone() {
        if (before_) {
            ::setenv("TZ", before_->c_str(), 1);
        } else {
            ::unsetenv("TZ");
        }
        ::tzset();
    }
    TimeZone(const TimeZone&) = delete;
    TimeZone& operator=(const TimeZone&) = delete;

  private:
    std::optional<std::string> before_;
};

std::string line_at(std::time_t now) {
    const auto line = daytime_line(now);
    return line ? std::string(line->data(), line->size()) : std::string();
}

/// The service's answer must be the line of a moment between asking and now.
bool is_now(std::string_view answer, std::time_t asked) {
    for (std::time_t at = asked; at <= std::time(nullptr); ++at)
        if (line_at(at) == answer) return true;
    return false;
}

const ServiceContext context;

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("daytime: the line is ctime's, in local time, with CRLF") {
        const struct {
            const char* zone;
            std::time_t now;
            const char* line;
        } cases[] = {
            {"UTC0", 0, "Thu Jan  1 00:00:00 1970\r\n"},
            {"UTC0", 951'782'400, "Tue Feb 29 00:00:00 2000\r\n"},
            {"UTC0", 2'085'978'495, "Thu Feb  7 06:28:15 2036\r\n"},
            {"UTC0", 2'085'978'496, "Thu Feb  7 06:28:16 2036\r\n"},
            {"UTC0", 2'147'483'648, "Tue Jan 19 03:14:08 2038\r\n"},
            {"UTC0", 253'402'300'799, "Fri Dec 31 23:59:59 9999\r\n"},
            {"EST5", 0, "Wed Dec 31 19:00:00 1969\r\n"},
            {"CET-1CEST,M3.5.0,M10.5.0/3", 1'719'835'200, "Mon Jul  1 14:00:00 2024\r\n"},
            // What has no 24-character form is not sent at all.
            {"UTC0", 253'402'300'800, ""},
            {"UTC0", LONG_MAX, ""},
            {"UTC0", LONG_MIN, ""},
        };
        for (const auto& c : cases) {
            CAPTURE(c.zone);
            CAPTURE(c.now);
            const TimeZone zone(c.zone);
            CHECK(line_at(c.now) == c.line);
        }
    }

    TEST_CASE("daytime: one line at once, then the end; input is not waited for") {
        const auto daytime = make_daytime(context);
        for (const std::string_view said : {"", "hello\r\n"}) {
            const std::time_t asked = std::time(nullptr);
            FakeDriver client(*daytime);
            CHECK(client.closed());
            CHECK(client.received().size() == 26);
            CHECK(is_now(client.received(), asked));
            client.send(said);
            client.end();
            CHECK(client.received().size() == 26);
        }
    }

    TEST_CASE("daytime: a slow reader gets the whole line") {
        const auto daytime = make_daytime(context);
        FakeDriver client(*daytime, {.window = 3});
        CHECK_FALSE(client.closed());
        client.read(100);
        CHECK(client.closed());
        CHECK(client.received().size() == 26);
        CHECK(client.received().ends_with("\r\n"));
    }

    TEST_CASE("daytime: a datagram's payload is ignored") {
        const auto daytime = make_daytime(context);
        for (const std::string_view payload : {"", "x", "Thu Jan  1 00:00:00 1970\r\n"}) {
            CAPTURE(payload);
            const std::time_t asked = std::time(nullptr);
            const SocketAddress peer;
            Datagram datagram(peer, payload);
            daytime->on_datagram(datagram);
            REQUIRE(datagram.reply().has_value());
            CHECK(is_now(*datagram.reply(), asked));
        }
    }
}
