// SPDX-License-Identifier: ISC
// A load generator that does not notice a wrong reply measures nothing, so here are servers that
// err.

#include "tests/bench/client_load.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "tests/bench/forked_server.h"
#include "tests/bench/limit.h"

namespace minetd::bench {

namespace {

Load short_load(const ForkedServer& server, Exchange exchange, unsigned clients) {
    Load load;
    load.server = server.address();
    load.exchange = exchange;
    load.clients = clients;
    load.warm_up = 0;
    load.measured = 30;  // a deadline, not a duration
    load.enough = 300;
    return load;
}

/// Says `reply` to every connection, having read a line first where `reads` is set.
auto saying(std::string reply, bool reads) {
    return [reply = std::move(reply), reads](int listener) {
        for (;;) {
            const UniqueFd connection(accept(listener, nullptr, nullptr));
            std::array<char, 64> line{};
            if (reads && recv(connection.get(), line.data(), line.size(), MSG_WAITALL) != 64)
                continue;
            if (send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL) < 0) continue;
        }
    };
}

}  // namespace

TEST_SUITE("bench") {
    TEST_CASE("a right server has no errors in any exchange") {
        const struct {
            Exchange exchange;
            const char* name;
        } rows[] = {
            {Exchange::echo, "echo"}, {Exchange::keepalive, "keepalive"}, {Exchange::hold, "hold"}};
        for (const auto& row : rows) {
            for (const unsigned clients : {1U, 16U, 64U}) {
                CAPTURE(row.name);
                CAPTURE(clients);
                const ForkedServer server(
                    [](int listener) { serve_echo_epoll_1(listener, nullptr); });
                const Outcome outcome = drive(short_load(server, row.exchange, clients), nullptr);
                CHECK(outcome.errors == 0);
                CHECK(outcome.first_error == "");
                CHECK(outcome.latency.count() >= (row.exchange == Exchange::hold ? clients : 300));
                if (row.exchange == Exchange::hold) CHECK(outcome.latency.count() == clients);
                CHECK(outcome.latency.quantile(0.5) > 0);
                CHECK(outcome.client_seconds > 0);
            }
        }
    }

    TEST_CASE("a reply that is expected is compared to its last byte") {
        const struct {
            const char* reply;
            const char* error;
        } rows[] = {
            {"ok\n", ""},
            {"", "a short reply"},
            {"ok", "a short reply"},
            {"ko\n", "wrong bytes"},
            {"ok\n\n", "wrong bytes"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.reply);
            const ForkedServer server(saying(row.reply, false));
            const Outcome outcome = drive(short_load(server, Exchange::expect, 4), nullptr);
            CHECK(outcome.first_error == row.error);
            CHECK((outcome.errors == 0) == (*row.error == '\0'));
            CHECK((outcome.latency.count() == 0) == (*row.error != '\0'));
        }
    }

    TEST_CASE("an echo of something else is an error") {
        const struct {
            std::string reply;
            const char* error;
        } rows[] = {
            {"", "closed before the reply"},
            {std::string(64, 'a'), "wrong bytes"},
            {std::string(65, '\n'), "wrong bytes"},
        };
        for (const auto& row : rows) {
            for (const Exchange exchange : {Exchange::echo, Exchange::keepalive, Exchange::hold}) {
                CAPTURE(row.reply);
                const ForkedServer server(saying(row.reply, true));
                const Outcome outcome = drive(short_load(server, exchange, 2), nullptr);
                CHECK(outcome.first_error == row.error);
                CHECK(outcome.errors >= 2);
                CHECK(outcome.latency.count() == 0);
            }
        }
    }

    TEST_CASE("who has one exchange has no second one") {
        const struct {
            Exchange exchange;
            double stay;
        } rows[] = {{Exchange::expect, 0}, {Exchange::ask, 0}, {Exchange::ask, 0.01}};
        for (const auto& row : rows) {
            const bool asks = row.exchange == Exchange::ask;
            const ForkedServer server(saying("ok\n", asks));
            Load load = short_load(server, row.exchange, 40);
            load.once = true;
            load.stay = row.stay;
            load.request = std::string(64, 'q');
            const Outcome outcome = drive(load, nullptr);
            CHECK(outcome.errors == 0);
            CHECK(outcome.latency.count() == 40);
            CHECK(outcome.stuck == 0);
        }
    }

    TEST_CASE("who stays for a time gives the server back to those who wait") {
        const ForkedServer server([](int listener) {
            std::string eight = "8";
            char* servers[] = {eight.data(), nullptr};
            serve_echo_threads(listener, servers);
        });
        Load load = short_load(server, Exchange::hold, 24);
        load.stay = 0.1;
        Outcome outcome = drive(load, nullptr);
        CHECK(outcome.errors == 0);
        CHECK(outcome.latency.count() == 24);
        CHECK(outcome.latency.longest() >= 200'000'000);  // two waves had to go first
        load.stay = 0;
        load.measured = 1.2;
        outcome = drive(load, nullptr);
        CHECK(outcome.latency.count() <= 16);
        CHECK(outcome.stuck == 24 - outcome.latency.count());
    }

    TEST_CASE("an answer that was asked for is looked for in all that comes") {
        const struct {
            const char* reply;
            const char* error;
        } rows[] = {
            {"ok\n", ""},
            {"head\r\n\r\nok\npadding", ""},
            {"ko\n", "closed before the reply"},
            {"", "closed before the reply"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.reply);
            const ForkedServer server(saying(row.reply, true));
            Load load = short_load(server, Exchange::ask, 4);
            load.request = std::string(64, 'q');
            const Outcome outcome = drive(load, nullptr);
            CHECK(outcome.first_error == row.error);
            CHECK((outcome.latency.count() > 0) == (*row.error == '\0'));
        }
    }

    TEST_CASE("idle connections are held beside the busy ones, or missed") {
        for (const bool threads : {false, true}) {
            CAPTURE(threads);
            const ForkedServer server([threads](int listener) {
                std::string many = "604";
                char* servers[] = {many.data(), nullptr};
                threads ? serve_echo_threads(listener, servers)
                        : serve_echo_epoll_1(listener, nullptr);
            });
            Load load = short_load(server, Exchange::keepalive, 4);
            load.idle = 600;
            load.tree = server.pid();
            const Outcome outcome = drive(load, nullptr);
            CHECK(outcome.first_error == "");
            CHECK(outcome.latency.count() >= 300);
            CHECK(outcome.pss_mb > 0.1);
        }
        // It closes after the reply, so it holds nobody.
        const ForkedServer forgetful(saying("ok\n", true));
        Load load = short_load(forgetful, Exchange::expect, 1);
        load.idle = 3;
        CHECK(drive(load, nullptr).errors >= 3);
    }

    TEST_CASE("attackers take the servers and give none back") {
        for (const bool trickle : {false, true}) {
            const ForkedServer server([](int listener) {
                std::string eight = "8";
                char* servers[] = {eight.data(), nullptr};
                serve_echo_threads(listener, servers);
            });
            Load load = short_load(server, Exchange::echo, 2);
            load.attackers = 8;
            load.trickle = trickle;
            load.warm_up = 1.1;  // every attacker has had its turn
            load.measured = 1.2;
            const Outcome outcome = drive(load, nullptr);
            CHECK(outcome.stuck == 2);
            CHECK(outcome.latency.count() == 0);
            CHECK(outcome.attack_closed == 0);
        }
    }

    TEST_CASE("attackers that are closed come back") {
        const ForkedServer server(saying("ok\n", false));
        Load load = short_load(server, Exchange::expect, 2);
        load.enough = 0;
        load.measured = 1.5;
        load.attackers = 5;
        const Outcome outcome = drive(load, nullptr);
        CHECK(outcome.errors == 0);
        CHECK(outcome.attack_closed >= 5);
    }

    TEST_CASE("nobody there is an error, not an endless wait") {
        sockaddr_in address{};
        {
            const ForkedServer server([](int) {});
            address = server.address();
        }
        Load load;
        load.server = address;
        load.warm_up = 0;
        load.measured = 30;
        load.enough = 10;
        const Outcome outcome = drive(load, nullptr);
        CHECK(outcome.errors > 0);
        CHECK(outcome.first_error == "Connection refused");
    }

    TEST_CASE("the server's time is read from its account, whatever keeps it") {
        const ForkedServer server([](int listener) { serve_echo_epoll_1(listener, nullptr); });
        const auto account = open_account("proc:" + std::to_string(server.pid()));
        Load load = short_load(server, Exchange::keepalive, 16);
        load.enough = 50000;
        const Outcome outcome = drive(load, account.get());
        CHECK(outcome.errors == 0);
        CHECK(outcome.server_seconds > 0);
        CHECK(outcome.server_seconds < 2 * outcome.seconds);
    }
}

}  // namespace minetd::bench
