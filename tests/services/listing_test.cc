// SPDX-License-Identifier: ISC
// The listings of services and of those who are served.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "services/status/texts.h"
#include "tests/services/fake_driver.h"
#include "tests/services/status/sample.h"

using namespace minetd;

namespace {

struct Sample final : status::Source {
    status::Snapshot snapshot() const override { return sample(); }
};

/// The moment of the sample, so many seconds before, as the listing says it: in local time.
std::string moment(std::int64_t before) {
    const std::time_t then = sample().now - before;
    std::tm local{};
    ::localtime_r(&then, &local);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local)};
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("listings: a line for each service, and for each who is served") {
        const Sample source;
        ServiceContext context;
        context.status = &source;
        const std::string services =
            "web tcp 80 event\n"
            "ftp tcp6 - nowait\n";
        const std::string servers = "web 101 - " + moment(0) + "\n" +  //
                                    "web 102 192.0.2.1 " + moment(5) + "\n" +
                                    "ftp 201 2001:db8::7 " + moment(3600) + "\n" +  //
                                    "ftp 202 - " + moment(0) + "\n";
        const struct {
            std::unique_ptr<Handler> handler;
            const std::string& text;
        } cases[] = {{make_services(context), services}, {make_servers(context), servers}};
        for (const auto& c : cases) {
            FakeDriver client(*c.handler);
            CHECK(client.received() == c.text);
            CHECK(client.closed());
            FakeDriver slow(*c.handler, {.window = 1});
            slow.read(FakeDriver::unlimited / 2);
            CHECK(slow.received() == c.text);
        }
    }

    TEST_CASE("listings: a name that holds blanks is one column, and nothing is no line") {
        status::Snapshot odd;
        odd.services.resize(1);
        odd.services[0].id = "two words\nand a line";
        CHECK(status::services_text(odd) == "two_words_and_a_line - - -\n");
        CHECK(status::servers_text(odd).empty());
        odd.services[0].servers.resize(1);  // not started yet
        CHECK(status::servers_text(odd).empty());
        CHECK(status::services_text({}).empty());
    }
}
