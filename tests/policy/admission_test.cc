// SPDX-License-Identifier: ISC
#include "daemon/policy/admission.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <ctime>
#include <string>

#include "daemon/config/access_words.h"
#include "tests/policy/peer.h"

using namespace minetd;
using testing::peer;

namespace {

constexpr Milliseconds now = 1'000'000;

/// The reason for which the peer is refused; empty: admitted.
std::string refusal(const Admission& admission, const Visitor& visitor) {
    Claim claim = 0;
    const Guard* const guard = admission.admit(visitor, now, ::getpid(), claim);
    CHECK((guard == nullptr || claim == 0));
    return guard == nullptr ? "" : std::string(guard->reason);
}

Admission admission_of(const ServiceSpec& spec, std::shared_ptr<DeniedPeers> denied = nullptr) {
    return Admission(spec, unlimited(spec.limits) ? nullptr : std::make_shared<Ledger>(),
                     std::move(denied));
}

/// Closed at this minute of the day and in the hours around it.
TimeRange closed_now() {
    const std::time_t seconds = std::time(nullptr);
    const unsigned minute = LocalTime(seconds).minute_of_day(seconds);
    return {static_cast<std::uint16_t>((minute + 480) % 1440),
            static_cast<std::uint16_t>((minute + 960) % 1440)};
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("what has nobody refused needs no admission") {
        ServiceSpec spec;
        CHECK_FALSE(Admission::needed(spec));
        spec.access.only_from.emplace();
        CHECK(Admission::needed(spec));
        spec = {};
        read_access_word("10.0.0.1", spec.access.no_access);
        CHECK(Admission::needed(spec));
        spec = {};
        spec.limits.access_times = {{1, 2}};
        CHECK(Admission::needed(spec));
        spec = {};
        spec.limits.max_load = 1;
        CHECK(Admission::needed(spec));
        spec = {};
        spec.limits.rate = Rate{};
        CHECK(Admission::needed(spec));
    }

    TEST_CASE("what an admitted peer goes on with is asked about, but for counts and load") {
        DenyList list;
        ServiceSpec spec;
        read_access_word("192.0.2.{1,2}", spec.access.only_from.emplace());
        spec.limits.instances = 1;
        spec.limits.rate = Rate{.count = 1, .seconds = 86'400, .burst = 1};
        spec.limits.max_load = 0.0001;
        const auto again = [](const Admission& admission, const SocketAddress& who) {
            const Guard* const guard =
                admission.readmit({.peer = who, .uid = {}, .answers = {}}, now);
            return guard == nullptr ? std::string() : std::string(guard->reason);
        };
        const SocketAddress one = peer("192.0.2.1"), stranger = peer("192.0.2.4");
        {
            const Admission admission = admission_of(spec, list.peers());
            for (int i = 0; i < 3; ++i) CHECK(again(admission, one) == "");
            CHECK(again(admission, stranger) == "address");
            list.deny(source_of(one, {}), {}, now, 1);
            CHECK(again(admission, one) == "sensor");
        }
        spec.limits.access_times = {closed_now()};
        CHECK(again(admission_of(spec), one) == "time");
    }

    TEST_CASE("one rule after the other is asked, in their order") {
        DenyList list;
        ServiceSpec spec;
        read_access_word("192.0.2.{1,2,3}", spec.access.only_from.emplace());
        spec.limits.instances = 2;
        spec.limits.per_source = 1;
        spec.limits.rate = Rate{.count = 1, .seconds = 86'400, .burst = 2};
        const Admission admission = admission_of(spec, list.peers());
        const SocketAddress one = peer("192.0.2.1"), two = peer("192.0.2.2"),
                            three = peer("192.0.2.3"), stranger = peer("192.0.2.4");
        CHECK(refusal(admission, {stranger}) == "address");
        CHECK(refusal(admission, {one}) == "");
        CHECK(refusal(admission, {one}) == "per_source_limit");
        CHECK(refusal(admission, {two}) == "");
        CHECK(refusal(admission, {three}) == "service_limit");
        list.deny(source_of(stranger, {}), {}, now, 1);
        CHECK(refusal(admission, {stranger}) == "sensor");
    }

    TEST_CASE("refused peers are not counted") {
        ServiceSpec spec;
        read_access_word("192.0.2.1", spec.access.only_from.emplace());
        spec.limits.rate = Rate{.count = 1, .seconds = 86'400, .burst = 1};
        spec.limits.cps = ConnectionsPerSecond{1, 10};
        const Admission admission = admission_of(spec);
        const SocketAddress friendly = peer("192.0.2.1"), stranger = peer("192.0.2.2");
        for (int i = 0; i < 100; ++i) CHECK(refusal(admission, {stranger}) == "address");
        CHECK(refusal(admission, {friendly}) == "");
    }

    TEST_CASE("the time of the day and the load of the host are this moment's") {
        const SocketAddress one = peer("192.0.2.1");
        ServiceSpec spec;
        spec.limits.access_times = {closed_now()};
        CHECK(refusal(admission_of(spec), {one}) == "time");
        spec.limits.access_times.push_back({0, 1440});
        CHECK(refusal(admission_of(spec), {one}) == "");
        spec.limits.max_load = 0;
        CHECK(refusal(admission_of(spec), {one}) == "load");
        spec.limits.max_load = 1e9;
        CHECK(refusal(admission_of(spec), {one}) == "");
    }

    TEST_CASE("rules about names: by the answer, and against whoever has none") {
        ServiceSpec spec;
        read_access_word(".example.org", spec.access.only_from.emplace());
        const Admission admission = admission_of(spec);
        const SocketAddress one = peer("192.0.2.1");
        const Answers refused{.name = Verdict::deny}, allowed{.name = Verdict::allow};
        CHECK(refusal(admission, {one}) == "address");
        CHECK(refusal(admission, {.peer = one, .answers = refused}) == "address");
        CHECK(refusal(admission, {.peer = one, .answers = allowed}) == "");
        // An answer that nobody asked for changes nothing.
        ServiceSpec closed;
        closed.access.only_from.emplace();
        CHECK(refusal(admission_of(closed), {.peer = one, .answers = allowed}) == "address");
    }

    TEST_CASE("libwrap and ident: by the answer, and against whoever has none") {
        const SocketAddress one = peer("192.0.2.1");
        ServiceSpec spec;
        spec.libwrap = "thingd";
        CHECK(refusal(admission_of(spec), {one}) == "libwrap");
        const Answers wrapped{.libwrap = Verdict::allow};
        CHECK(refusal(admission_of(spec), {.peer = one, .answers = wrapped}) == "");
        spec.ident_only = true;
        CHECK(refusal(admission_of(spec), {.peer = one, .answers = wrapped}) == "ident");
        const Answers both{.libwrap = Verdict::allow, .ident = Verdict::allow};
        CHECK(refusal(admission_of(spec), {.peer = one, .answers = both}) == "");
        // Neither knows anything of local peers.
        SocketAddress local;
        local.local.sun_family = AF_UNIX;
        local.length = sizeof(sa_family_t);
        CHECK(refusal(admission_of(spec), {local}) == "");
    }

    TEST_CASE("only what admission cannot know is asked, and not of whom it refuses anyway") {
        const auto questions = [](const ServiceSpec& spec, const char* address) {
            return Admission(spec, nullptr, nullptr, std::make_shared<Inquiry>())
                .questions(peer(address));
        };
        ServiceSpec spec;
        read_access_word("192.0.2.0/24", spec.access.only_from.emplace());
        CHECK(questions(spec, "192.0.2.1") == 0);
        CHECK(questions(spec, "198.51.100.1") == 0);
        read_access_word(".example.org", *spec.access.only_from);
        CHECK(questions(spec, "192.0.2.1") == 0);
        CHECK(questions(spec, "198.51.100.1") == inquire_name);
        spec.libwrap = "thingd";
        spec.ident_only = true;
        CHECK(questions(spec, "192.0.2.1") == (inquire_libwrap | inquire_ident));
        spec.limits.access_times = {closed_now()};
        CHECK(questions(spec, "198.51.100.1") == 0);
        spec.limits.access_times.clear();
        read_access_word("198.51.100.1", spec.access.no_access);
        CHECK(questions(spec, "198.51.100.1") == 0);
    }

    TEST_CASE("local users are sources, and nobody in particular is none") {
        ServiceSpec spec;
        spec.limits.per_source = 1;
        const Admission admission = admission_of(spec);
        SocketAddress local;
        local.any.sa_family = AF_UNIX;
        local.length = sizeof(sa_family_t);
        CHECK(refusal(admission, {.peer = local, .uid = 1}) == "");
        CHECK(refusal(admission, {.peer = local, .uid = 1}) == "per_source_limit");
        CHECK(refusal(admission, {.peer = local, .uid = 2}) == "");
        const SocketAddress nobody;
        for (int i = 0; i < 3; ++i) CHECK(refusal(admission, {nobody}) == "");
    }

    TEST_CASE("new rules, the same ledger: what was counted before still counts") {
        ServiceSpec spec;
        spec.limits.instances = 3;
        const auto ledger = std::make_shared<Ledger>();
        const SocketAddress one = peer("192.0.2.1");
        Claim claim = 0;
        {
            const Admission before(spec, ledger, nullptr);
            CHECK(before.admit({one}, now, ::getpid(), claim) == nullptr);
        }
        read_access_word("192.0.2.0/24", spec.access.only_from.emplace());
        spec.limits.instances = 2;
        const Admission after(spec, ledger, nullptr);
        CHECK(refusal(after, {one}) == "");
        CHECK(refusal(after, {one}) == "service_limit");
        after.release(claim, ::getpid());
        CHECK(refusal(after, {one}) == "");
    }

    TEST_CASE("a full service lets wait whom it would refuse, where it says so") {
        ServiceSpec spec;
        spec.limits.instances = 1;
        const SocketAddress one = peer("192.0.2.1");
        for (const bool queues : {false, true}) {
            if (queues) spec.limits.overflow = Overflow::queue;
            const Admission admission = admission_of(spec);
            CHECK_FALSE(admission.full());
            Claim claim = 0;
            REQUIRE(admission.admit({one}, now, ::getpid(), claim) == nullptr);
            const Guard* const guard = admission.admit({one}, now, ::getpid(), claim);
            REQUIRE(guard != nullptr);
            CHECK(admission.waits(*guard) == queues);
            CHECK(admission.full() == queues);
        }
    }
}
