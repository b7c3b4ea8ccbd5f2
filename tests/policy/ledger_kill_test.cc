// SPDX-License-Identifier: ISC
// A process may end between any two instructions. Here it does, between all of them in turn: the
// counts are true when it has been reaped, and nobody else is ever let in beside it.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/policy/ledger.h"
#include "daemon/policy/window.h"
#include "tests/policy/stepped_process.h"

using namespace minetd;

namespace {

constexpr Milliseconds now = 1'000'000;
constexpr pid_t another = 77'777;  // no process of the test

Source source(std::uint64_t number) {
    return {.key = {.low = 0x0A000000U + number}, .kind = 2};
}

Limits limits() {
    return {.instances = 8,
            .per_source = 4,
            .service_max = 1'000,
            .ip_max = 500,
            .rate = Rate{.count = 1'000, .seconds = 86'400, .burst = 1'000}};
}

/// How many more are admitted from this source; all of them are given back.
unsigned room(Ledger& ledger, const Limits& limits, std::uint64_t from) {
    std::vector<Claim> claims;
    for (Claim claim = 0; ledger.admit(limits, source(from), now, ::getpid(), claim) == nullptr;)
        claims.push_back(claim);
    for (const Claim claim : claims) ledger.release(claim, ::getpid());
    return static_cast<unsigned>(claims.size());
}

/// The shared memory as it stands. Its first word is the pid that holds the lock.
class Memory {
  public:
    explicit Memory(const Ledger& ledger) : fd_(ledger.fd()) {}

    pid_t holder() const {
        pid_t pid = 0;
        REQUIRE(::pread(fd_, &pid, sizeof pid, 0) == sizeof pid);
        return pid;
    }
    /// What was ever touched of it.
    std::string content() const {
        std::string bytes;
        for (off_t from = 0; (from = ::lseek(fd_, from, SEEK_DATA)) >= 0;) {
            const off_t end = ::lseek(fd_, from, SEEK_HOLE);
            const std::size_t had = bytes.size();
            bytes.resize(had + static_cast<std::size_t>(end - from));
            REQUIRE(::pread(fd_, &bytes[had], bytes.size() - had, from) == end - from);
            from = end;
        }
        return bytes;
    }

  private:
    int fd_;
};

/// Steps until the memory has changed so often; false when the work was over before that.
bool step_changes(SteppedProcess& child, const Memory& memory, unsigned changes) {
    std::string before = memory.content();
    while (changes > 0) {
        if (!child.step(1)) return false;
        std::string after = memory.content();
        changes -= after != before;
        before = std::move(after);
    }
    return true;
}

/// What a process may be doing when it ends; `held` is a claim of its own from source 1.
struct Work {
    const char* name;
    void (*run)(Ledger&, Claim held);
};

constexpr Work works[] = {
    {"admit from a known source",
     [](Ledger& ledger, Claim) {
         Claim claim;
         ledger.admit(limits(), source(1), now, ::getpid(), claim);
     }},
    {"admit from a new source",
     [](Ledger& ledger, Claim) {
         Claim claim;
         ledger.admit(limits(), source(9), now, ::getpid(), claim);
     }},
    {"admit in a later slice",
     [](Ledger& ledger, Claim) {
         Claim claim;
         ledger.admit(limits(), source(1), now + 3 * minute_slice, ::getpid(), claim);
     }},
    {"release", [](Ledger& ledger, Claim held) { ledger.release(held, ::getpid()); }},
    {"release and admit",
     [](Ledger& ledger, Claim held) {
         ledger.release(held, ::getpid());
         ledger.admit(limits(), source(2), now, ::getpid(), held);
     }},
    {"release_all", [](Ledger& ledger, Claim) { ledger.release_all(another); }},
};

/// A child with a claim of its own and one that was given back, beside two claims of this process
/// and one of another.
struct Scene {
    explicit Scene(const Work& work)
        : child([this] { enter(); }, [this, &work] { work.run(ledger, held); }) {}

    void enter() {
        ledger.remap();
        Claim given_back;
        ledger.admit(limits(), source(3), now, ::getpid(), given_back);
        ledger.admit(limits(), source(1), now, ::getpid(), held);
        ledger.release(given_back, ::getpid());
    }

    Ledger ledger;
    Claim mine = admit_mine(), held = 0;
    SteppedProcess child;

  private:
    Claim admit_mine() {
        Claim first = 0, second = 0, third = 0;
        REQUIRE(ledger.admit(limits(), source(1), now, ::getpid(), first) == nullptr);
        REQUIRE(ledger.admit(limits(), source(2), now, ::getpid(), second) == nullptr);
        REQUIRE(ledger.admit(limits(), source(2), now, another, third) == nullptr);
        return second;
    }
};

}  // namespace

TEST_SUITE_BEGIN("policy");

TEST_CASE("killed between any two instructions, a process leaves true counts and no lock") {
    // Between two writes to the shared memory all instructions are one: they leave the same.
    for (const Work& work : works) {
        CAPTURE(std::string(work.name));
        unsigned inside = 0, points = 0;
        for (bool whole = false; !whole; ++points) {
            CAPTURE(points);
            Scene scene(work);
            const Memory memory(scene.ledger);
            whole = !step_changes(scene.child, memory, points);
            scene.child.kill();
            inside += memory.holder() == scene.child.pid();
            scene.child.reap();
            REQUIRE(scene.ledger.release_all(scene.child.pid()));
            REQUIRE(scene.ledger.release_all(another));
            REQUIRE(memory.holder() == 0);
            REQUIRE(scene.ledger.running() == 2);
            // What is left is what the limits leave, to each source and to all.
            REQUIRE(room(scene.ledger, limits(), 1) == 3);
            REQUIRE(room(scene.ledger, limits(), 2) == 3);
            REQUIRE(room(scene.ledger, limits(), 9) == 4);
            REQUIRE(room(scene.ledger, {.instances = 8}, 1) == 6);
            scene.ledger.release(scene.mine, ::getpid());
            REQUIRE(room(scene.ledger, limits(), 2) == 4);
            REQUIRE(scene.ledger.running() == 1);
        }
        CHECK(inside >= 1);
        CHECK(inside < points);
    }
}

TEST_CASE("whoever finds the lock held waits for it, wherever its holder stands") {
    for (const Work& work : works) {
        CAPTURE(std::string(work.name));
        bool whole = false, first = true;
        for (unsigned changes = 1; !whole; ++changes) {
            CAPTURE(changes);
            Scene scene(work);
            const Memory memory(scene.ledger);
            whole = !step_changes(scene.child, memory, changes);
            if (memory.holder() != scene.child.pid()) continue;
            scene.ledger.remap();  // as one who accepts, and has nobody else to serve
            std::atomic<bool> done = false;
            Claim claim = 0;
            std::thread other([&] {
                scene.ledger.admit(limits(), source(4), now, ::getpid(), claim);
                done = true;
            });
            // Somebody else's end is no reason to take it. It gives up late, and once is enough.
            if (std::exchange(first, false)) CHECK_FALSE(scene.ledger.release_all(another));
            CHECK(memory.holder() == scene.child.pid());
            CHECK_FALSE(done);
            // Its own is, and whoever would have to reap it does not wait for that.
            scene.child.kill();
            other.join();
            CHECK(memory.holder() == 0);
            CHECK(scene.ledger.release_all(scene.child.pid()));
            scene.child.reap();
            CHECK(claim != 0);
            CHECK(scene.ledger.release_all(another));
            CHECK(scene.ledger.running() == 3);
        }
    }
}

TEST_CASE("a pid that is used again: the dead keeps nothing, and the living loses nothing") {
    Ledger ledger;
    const Memory memory(ledger);
    Claim old = 0, young = 0;
    REQUIRE(ledger.admit(limits(), source(1), now, another, old) == nullptr);
    Claim held = 0;
    SteppedProcess holder(
        [&] {
            ledger.remap();
            ledger.admit(limits(), source(2), now, ::getpid(), held);
        },
        [&] { ledger.release(held, ::getpid()); });
    while (memory.holder() != holder.pid()) REQUIRE(holder.step(1));
    // It ends while the lock cannot be had, and is reaped.
    CHECK_FALSE(ledger.release_all(another));
    CHECK_FALSE(ledger.settle());
    CHECK(ledger.running() == 2);
    holder.finish();
    CHECK(ledger.running() == 1);
    // The next process with this pid gives back what the first held, on its way.
    REQUIRE(ledger.admit(limits(), source(1), now, another, young) == nullptr);
    CHECK(ledger.running() == 1);
    CHECK(ledger.settle());
    CHECK(ledger.running() == 1);
    CHECK(room(ledger, limits(), 1) == 3);
    ledger.release(young, another);
    CHECK(ledger.running() == 0);
}

TEST_CASE("whoever dies giving back what the dead held leaves it to the next") {
    unsigned changes = 0;
    for (bool whole = false; !whole; ++changes) {
        CAPTURE(changes);
        Ledger ledger;
        const Memory memory(ledger);
        for (unsigned i = 0; i < 3; ++i) {
            Claim claim;
            REQUIRE(ledger.admit(limits(), source(1), now, another, claim) == nullptr);
        }
        Claim held = 0;
        SteppedProcess holder(
            [&] {
                ledger.remap();
                ledger.admit(limits(), source(2), now, ::getpid(), held);
            },
            [&] {
                ledger.release(held, ::getpid());
                ::raise(SIGSTOP);
                ledger.settle();
            });
        while (memory.holder() != holder.pid()) REQUIRE(holder.step(1));
        CHECK_FALSE(ledger.release_all(another));
        holder.finish();
        whole = !step_changes(holder, memory, changes);
        holder.kill();
        CHECK(ledger.release_all(holder.pid()));
        holder.reap();
        CHECK(ledger.settle());
        CHECK(ledger.running() == 0);
        CHECK(room(ledger, limits(), 1) == 4);
        CHECK(memory.holder() == 0);
    }
    CHECK(changes > 10);  // three claims, several writes each
}

TEST_SUITE_END();
