// SPDX-License-Identifier: ISC
#include "mpm/send_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <csignal>
#include <string>

using namespace minetd;

namespace {

std::shared_ptr<const UniqueFd> file_of(const std::string& text) {
    UniqueFd file(::memfd_create("output", MFD_CLOEXEC));
    REQUIRE(::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return std::make_shared<const UniqueFd>(std::move(file));
}

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>('a' + at % 23);
    return text;
}

struct Pair {
    Pair() {
        ::signal(SIGPIPE, SIG_IGN);
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        ours = UniqueFd(ends[0]);
        peer = UniqueFd(ends[1]);
    }
    std::string heard() const {
        std::string text;
        char bytes[65536];
        for (ssize_t got; (got = ::recv(peer.get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
            text.append(bytes, static_cast<std::size_t>(got));
        return text;
    }
    UniqueFd ours, peer;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("send output: bytes and pieces of files, in order, on a blocking socket") {
        const Pair pair;
        OutputQueue output;
        const auto file = file_of("0123456789");
        output.append("head ");
        output.append({file, 2, 3});
        output.append(" middle ");
        output.append({file, 0, 10});
        output.append({file, 9, 1});
        output.append(" end");
        CHECK(send_output(pair.ours.get(), output) == Sent::all);
        CHECK(output.empty());
        CHECK(pair.heard() == "head 234 middle 01234567899 end");
        CHECK((::fcntl(pair.ours.get(), F_GETFL) & O_NONBLOCK) == 0);
    }

    TEST_CASE("send output: a peer that takes its time is not waited for, and loses nothing") {
        const Pair pair;
        const std::string text = pattern(3'000'000);
        OutputQueue output;
        output.append("head ");
        output.append({file_of(text), 0, text.size()});
        output.append(" end");
        std::string heard;
        int rounds = 0;
        for (; send_output(pair.ours.get(), output) == Sent::some; ++rounds) {
            REQUIRE(output.size() > 0);
            heard += pair.heard();
        }
        heard += pair.heard();
        CHECK(rounds > 2);
        CHECK(heard == "head " + text + " end");
        CHECK((::fcntl(pair.ours.get(), F_GETFL) & O_NONBLOCK) == 0);
    }

    TEST_CASE("send output: a file that lost bytes that were promised breaks the connection off") {
        const Pair pair;
        OutputQueue output;
        output.append("head ");
        output.append({file_of("short"), 0, 6});
        CHECK(send_output(pair.ours.get(), output) == Sent::broken);
        CHECK(pair.heard() == "head short");
    }

    TEST_CASE("send output: a peer that is gone is noticed in bytes and in files") {
        for (const bool bytes : {true, false}) {
            CAPTURE(bytes);
            Pair pair;
            pair.peer.reset();
            OutputQueue output;
            if (bytes) output.append("x");
            output.append({file_of("y"), 0, 1});
            CHECK(send_output(pair.ours.get(), output) == Sent::broken);
        }
    }
}
