// SPDX-License-Identifier: ISC
#include "services/registry.h"

#include <doctest/doctest.h>

#include <string>

#include "services/service_context.h"
#include "tests/services/fake_driver.h"
#include "tests/services/status/sample.h"

using namespace minetd;

namespace {

struct Sample final : status::Source {
    status::Snapshot snapshot() const override { return sample(); }
};

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("registry: names are found without case, others are not") {
        const struct {
            const char* asked;
            const char* found;
        } cases[] = {{"echo", "echo"},       {"ECHO", "echo"},   {"discard", "discard"},
                     {"chargen", "chargen"}, {"Time", "time"},   {"daytime", "daytime"},
                     {"tcpmux", "tcpmux"},   {"", nullptr},      {"ech", nullptr},
                     {"echoo", nullptr},     {"sink", nullptr},  {"qotd", "qotd"},
                     {"http", "http"},       {"https", nullptr}, {" echo", nullptr},
                     {"internal", nullptr}};
        for (const auto& c : cases) {
            CAPTURE(c.asked);
            const Builtin* const builtin = find_builtin(c.asked);
            REQUIRE((builtin != nullptr) == (c.found != nullptr));
            if (builtin != nullptr) CHECK(builtin->name == c.found);
        }
    }

    TEST_CASE("registry: every row is whole, and its traits are what the handler does") {
        for (const Builtin& builtin : builtins()) {
            CAPTURE(builtin.name);
            const Sample boards;
            ServiceContext context;
            if (builtin.traits.shows_boards) context.status = &boards;
            if (builtin.name == "http") context.arguments = {"/"};
            context.redirect = {.host = "127.0.0.1", .port = "7"};
            CHECK(find_builtin(builtin.name) == &builtin);
            CHECK_FALSE(builtin.help.empty());
            CHECK(builtin.traits.stream);
            const auto handler = builtin.make(context);
            REQUIRE(handler != nullptr);
            CHECK((handler->destination() != nullptr) == (builtin.name == "redirect"));
            if (handler->destination() != nullptr) continue;  // it takes no step

            FakeDriver silent(*handler, {.window = 0});
            CHECK((silent.owed() == 0) ==
                  (builtin.traits.client_speaks_first || builtin.traits.silent));

            const SocketAddress peer;
            Datagram datagram(peer, "x");
            handler->on_datagram(datagram);
            if (!builtin.traits.datagram) CHECK_FALSE(datagram.reply().has_value());
        }
    }

    TEST_CASE("registry: the datagram services are the six of RFC 862 to 868, and sensor") {
        std::string names;
        for (const Builtin& builtin : builtins())
            if (builtin.traits.datagram) names += std::string(builtin.name) + ' ';
        CHECK(names == "echo discard chargen daytime time qotd sensor ");
    }
}
