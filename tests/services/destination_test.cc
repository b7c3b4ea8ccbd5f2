// SPDX-License-Identifier: ISC
#include "services/destination.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "daemon/os/socket.h"
#include "daemon/os/unique_fd.h"

using namespace minetd;

namespace {

/// A resolver that answers when the test says so.
class Resolver {
  public:
    /// Nobody is left waiting: questions may outlive who asked them.
    ~Resolver() {
        std::unique_lock held(lock_);
        over_ = true;
        changed_.notify_all();
        changed_.wait(held, [this] { return inside_ == 0; });
    }

    Destination::Lookup lookup() {
        return [this] {
            std::unique_lock held(lock_);
            const Stay stay(*this);
            ++asked_;
            changed_.notify_all();
            changed_.wait(held, [this] { return over_ || released_ >= asked_; });
            if (!problem_.empty()) throw std::runtime_error(problem_);
            std::vector<SocketAddress> addresses;
            for (const std::string& host : hosts_)
                addresses.push_back(resolve(host, 80, AF_UNSPEC).at(0));
            return addresses;
        };
    }
    void answer(std::vector<std::string> hosts, std::string problem = {}) {
        const std::lock_guard held(lock_);
        hosts_ = std::move(hosts);
        problem_ = std::move(problem);
        released_ = asked_ + 1;
        changed_.notify_all();
    }
    void hold() {
        const std::lock_guard held(lock_);
        released_ = asked_;
    }
    unsigned asked() {
        const std::lock_guard held(lock_);
        return asked_;
    }
    void await_question(unsigned number) {
        std::unique_lock held(lock_);
        changed_.wait(held, [&] { return asked_ >= number; });
    }

  private:
    /// A question that is being answered; the lock is held at both ends.
    struct Stay {
        explicit Stay(Resolver& resolver) : resolver_(resolver) { ++resolver_.inside_; }
        ~Stay() {
            --resolver_.inside_;
            resolver_.changed_.notify_all();
        }
        Stay(const Stay&) = delete;
        Stay& operator=(const Stay&) = delete;
        Resolver& resolver_;
    };

    std::mutex lock_;
    std::condition_variable changed_;
    bool over_ = false;
    unsigned inside_ = 0;
    std::vector<std::string> hosts_;
    std::string problem_;
    unsigned asked_ = 0, released_ = 0;
};

std::string text(const std::optional<Destination::Answer>& answer) {
    if (!answer) return "looking";
    std::string out;
    for (const SocketAddress& address : answer->addresses) out += address.host() + ' ';
    return out.empty() ? answer->problem : out;
}

/// The lookup that is under way, if one is, has ended.
void await_end(Destination& destination) {
    const UniqueFd waker(::eventfd(0, EFD_CLOEXEC));
    destination.await(waker.get());
    pollfd item{.fd = waker.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&item, 1, 30'000) == 1);
}

/// Asks, and where it is being looked up waits for the answer.
std::string ask(Destination& destination, Milliseconds now) {
    for (int i = 0; i < 100; ++i) {
        const auto answer = destination.ask(now);
        if (answer) return text(answer);
        await_end(destination);
    }
    return "never answered";
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("destination: an address is known at once, for ever") {
        Destination v4({.host = "127.0.0.1", .port = "80"});
        CHECK(text(v4.ask(0)) == "127.0.0.1 ");
        CHECK(v4.ask(1'000'000'000)->addresses.at(0).port() == 80);
        CHECK(v4.name() == "127.0.0.1:80");
        Destination v6({.host = "::1", .port = "http"});
        CHECK(v6.ask(0)->addresses.at(0).str() == "[::1]:80");
        CHECK(v6.name() == "[::1]:http");
        CHECK_THROWS(Destination({.host = "127.0.0.1", .port = "no-such-service"}));
        CHECK_THROWS(Destination({.host = "127.0.0.1", .port = "80", .source = "::1"}));
    }

    TEST_CASE("destination: a name is looked up beside whoever waits for it") {
        Resolver resolver;
        Destination destination("name:80", resolver.lookup());
        CHECK(text(destination.ask(monotonic_ms())) == "looking");
        CHECK(text(destination.ask(monotonic_ms())) == "looking");
        resolver.await_question(1);
        CHECK(resolver.asked() == 1);  // for both
        const UniqueFd first(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
            gone(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        destination.await(first.get());
        destination.await(gone.get());
        destination.forget(gone.get());
        resolver.answer({"192.0.2.1", "192.0.2.2", "2001:db8::1"});
        pollfd item{.fd = first.get(), .events = POLLIN, .revents = 0};
        CHECK(::poll(&item, 1, 30'000) == 1);
        std::uint64_t count;
        CHECK(::read(gone.get(), &count, sizeof count) < 0);
        CHECK(text(destination.ask(monotonic_ms())) == "192.0.2.1 192.0.2.2 2001:db8::1 ");
    }

    TEST_CASE("destination: an address that fails is tried last, until the next lookup") {
        Resolver resolver;
        Destination destination("name:80", resolver.lookup());
        resolver.answer({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
        CHECK(ask(destination, monotonic_ms()) == "192.0.2.1 192.0.2.2 192.0.2.3 ");
        destination.demote(destination.ask(monotonic_ms())->addresses.at(0));
        CHECK(text(destination.ask(monotonic_ms())) == "192.0.2.2 192.0.2.3 192.0.2.1 ");
        destination.demote(resolve("198.51.100.1", 80, AF_INET).at(0));
        CHECK(text(destination.ask(monotonic_ms())) == "192.0.2.2 192.0.2.3 192.0.2.1 ");
    }

    TEST_CASE("destination: what is known is told while it is refreshed, and when it cannot be") {
        Resolver resolver;
        Destination destination("name:80", resolver.lookup());
        resolver.answer({"192.0.2.1"});
        CHECK(ask(destination, monotonic_ms()) == "192.0.2.1 ");
        resolver.hold();
        const Milliseconds later = monotonic_ms() + Destination::fresh;
        CHECK(text(destination.ask(later)) == "192.0.2.1 ");  // and asks
        resolver.await_question(2);
        CHECK(text(destination.ask(later + Destination::stale)) == "looking");
        resolver.answer({}, "the resolver is away");
        await_end(destination);
        CHECK(text(destination.ask(monotonic_ms())) == "192.0.2.1 ");
        resolver.answer({"192.0.2.9"});
        CHECK(text(destination.ask(monotonic_ms() + Destination::retry)) == "192.0.2.1 ");
        await_end(destination);
        CHECK(text(destination.ask(monotonic_ms())) == "192.0.2.9 ");
    }

    TEST_CASE("destination: a name without an address, and when it is asked for again") {
        Resolver resolver;
        Destination destination("name:80", resolver.lookup());
        resolver.answer({}, "no such name");
        CHECK(ask(destination, monotonic_ms()) == "no such name");
        CHECK(resolver.asked() == 1);
        resolver.answer({});
        CHECK(text(destination.ask(monotonic_ms() + Destination::retry)) == "looking");
        await_end(destination);
        CHECK(text(destination.ask(monotonic_ms())) == "it has no address");
    }
}
