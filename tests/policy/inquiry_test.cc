// SPDX-License-Identifier: ISC
#include "daemon/policy/inquiry.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

Question question() {
    Question question;
    question.wanted = inquire_name | inquire_libwrap;
    question.peer = resolve("192.0.2.1", 4711, AF_INET).front();
    question.local = resolve("192.0.2.2", 7, AF_INET).front();
    return question;
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("a question reaches the inquirer with where its answer goes") {
        Inquiry inquiry;
        const UniqueFd asked(inquiry.ask(question()));
        REQUIRE(asked);
        Question received;
        UniqueFd reply;
        REQUIRE(inquiry.receive(received, reply) == Channel::Received::message);
        CHECK(received.wanted == (inquire_name | inquire_libwrap));
        CHECK(received.peer == question().peer);
        CHECK(received.local == question().local);
        Answers answers;
        CHECK(Inquiry::hear(asked.get(), answers) == Inquiry::Heard::nothing);
        const Answers sent{.name = Verdict::allow, .libwrap = Verdict::deny};
        REQUIRE(::write(reply.get(), &sent, sizeof sent) == sizeof sent);
        REQUIRE(Inquiry::hear(asked.get(), answers) == Inquiry::Heard::answer);
        CHECK(answers.name == Verdict::allow);
        CHECK(answers.libwrap == Verdict::deny);
        CHECK(answers.ident == Verdict::unknown);
        CHECK(inquiry.receive(received, reply) == Channel::Received::nothing);
    }

    TEST_CASE("without an answer nothing is known") {
        Inquiry inquiry;
        Question received;
        UniqueFd reply;
        SUBCASE("the inquirer ends") {
            const int asked = inquiry.ask(question());
            REQUIRE(inquiry.receive(received, reply) == Channel::Received::message);
            reply.reset();
            CHECK(Inquiry::await(asked, 60'000).name == Verdict::unknown);
        }
        SUBCASE("it says something else") {
            const int asked = inquiry.ask(question());
            REQUIRE(inquiry.receive(received, reply) == Channel::Received::message);
            REQUIRE(::write(reply.get(), "yes", 3) == 3);
            CHECK(Inquiry::await(asked, 60'000).name == Verdict::unknown);
        }
        SUBCASE("it takes too long") {
            CHECK(Inquiry::await(inquiry.ask(question()), 20).name == Verdict::unknown);
        }
        SUBCASE("too many ask") {
            int refused = 0;
            std::vector<UniqueFd> asked;
            for (int i = 0; i < 100'000 && refused == 0; ++i) {
                const int fd = inquiry.ask(question());
                if (fd < 0)
                    refused = fd;
                else
                    asked.emplace_back(fd);
            }
            CHECK(refused < 0);
            CHECK(asked.size() > 200);
            CHECK(Inquiry::await(refused, 60'000).name == Verdict::unknown);
        }
    }

    TEST_CASE("an asker waits for its answer, and no longer") {
        Inquiry inquiry;
        std::thread inquirer([&inquiry] {
            pollfd item{.fd = inquiry.inlet(), .events = POLLIN, .revents = 0};
            ::poll(&item, 1, 60'000);
            Question received;
            UniqueFd reply;
            if (inquiry.receive(received, reply) != Channel::Received::message) return;
            const Answers sent{.ident = Verdict::allow};
            (void)!::write(reply.get(), &sent, sizeof sent);
        });
        const Answers answers = Inquiry::await(inquiry.ask(question()), 60'000);
        inquirer.join();
        CHECK(answers.ident == Verdict::allow);
        CHECK(answers.name == Verdict::unknown);
    }

    TEST_CASE("what is not a question ends the trust") {
        const auto refused = [](const void* message, std::size_t size) {
            Inquiry inquiry;
            REQUIRE(::write(inquiry.asking_fd(), message, size) == static_cast<ssize_t>(size));
            Question received;
            UniqueFd reply;
            return inquiry.receive(received, reply) == Channel::Received::end;
        };
        Question wrong = question();
        wrong.peer.length = 4000;
        CHECK(refused(&wrong, sizeof wrong));
        wrong = question();
        wrong.local.any.sa_family = AF_UNIX;
        CHECK(refused(&wrong, sizeof wrong));
        const Question right = question();
        CHECK(refused(&right, sizeof right - 1));
        CHECK_FALSE(refused(&right, sizeof right));
    }

    TEST_CASE("who has to be asked about") {
        ServiceSpec spec;
        CHECK_FALSE(Inquiry::needed(spec));
        spec.access.no_access = {{.kind = AccessRule::Kind::network}};
        CHECK_FALSE(Inquiry::needed(spec));
        spec.access.no_access = {{.kind = AccessRule::Kind::domain, .name = ".example.org"}};
        CHECK(Inquiry::needed(spec));
        spec.access = {};
        spec.libwrap = "thingd";
        CHECK(Inquiry::needed(spec));
        spec.libwrap.clear();
        spec.log_on_failure = log_userid;
        CHECK(Inquiry::needed(spec));
        spec.port = 113;
        CHECK_FALSE(Inquiry::needed(spec));
        spec.port = 7;
        spec.socket_type = SocketType::dgram;
        CHECK_FALSE(Inquiry::needed(spec));
        CHECK(patience_for(spec) > lookup_patience);
        spec.ident_only = true;
        spec.ident_timeout = 100;
        CHECK(patience_for(spec) > 100'000);
    }
}
