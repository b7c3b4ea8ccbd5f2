// SPDX-License-Identifier: ISC
#include "daemon/descriptor_store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("the store keeps each descriptor once, of a name as many as come, and not too many") {
        using Outcome = DescriptorStore::Outcome;
        const auto make = [] { return UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)); };
        const auto copy = [](int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); };
        DescriptorStore store(3);
        UniqueFd first = make();
        const int number = first.get();
        CHECK(store.names() == "");
        CHECK(store.add("a#0", std::move(first)) == Outcome::kept);
        UniqueFd again = copy(number);
        const int copied = again.get();
        CHECK(store.add("b#0", std::move(again)) == Outcome::there_already);
        CHECK(::fcntl(copied, F_GETFD) < 0);
        CHECK(store.add("a#1", make()) == Outcome::kept);
        CHECK(store.add("a#1", make()) == Outcome::kept);
        UniqueFd surplus = make();
        const int refused = surplus.get();
        CHECK(store.add("c#0", std::move(surplus)) == Outcome::full);
        CHECK(::fcntl(refused, F_GETFD) < 0);
        CHECK(store.names() == "a#0:a#1:a#1");
        CHECK(store.descriptors().size() == 3);
        CHECK(store.descriptors().front() == number);
        store.remove("a");
        CHECK(store.size() == 3);
        store.remove("a#1");
        CHECK(store.names() == "a#0");
        store.remove("a#0");
        CHECK(store.size() == 0);
        CHECK(::fcntl(number, F_GETFD) < 0);
    }
}
