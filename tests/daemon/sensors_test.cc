// SPDX-License-Identifier: ISC
#include "daemon/sensors.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/policy/peer.h"

using namespace minetd;
using testing::peer;

namespace {

std::shared_ptr<ServiceSpec> service(const char* builtin, unsigned deny_time) {
    auto spec = std::make_shared<ServiceSpec>();
    spec->id = "trap";
    spec->builtin = builtin;
    spec->deny_time = deny_time;
    return spec;
}

struct Scene {
    std::vector<std::string> records;
    std::vector<std::string> messages;
    Sensors sensors{[this](const ServiceSpec& spec, const Record& record) {
                        records.push_back(spec.id + " " + record.reason + " " + record.peer.host());
                    },
                    [this](Level, const std::string& text) { messages.push_back(text); }};

    void prepare(const std::shared_ptr<const ServiceSpec>& spec) { sensors.prepare({&spec, 1}); }
    bool denies(const char* who) const {
        return sensors.denied() && sensors.denied()->contain(peer(who), monotonic_ms());
    }
};

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("there is a list from the first sensor on that has somebody refused, and it stays") {
        Scene scene;
        scene.prepare(service("echo", 5));
        CHECK(scene.sensors.denied() == nullptr);
        scene.prepare(service("sensor", deny_never));
        CHECK(scene.sensors.denied() == nullptr);
        scene.prepare(service("Sensor", 5));
        const auto list = scene.sensors.denied();
        CHECK(list != nullptr);
        scene.prepare(service("echo", deny_never));
        CHECK(scene.sensors.denied() == list);
        CHECK(scene.messages.empty());
    }

    TEST_CASE("whoever touches a sensor is recorded, and denied where it says for how long") {
        Scene scene;
        const auto trap = service("sensor", 5), harmless = service("sensor", deny_never);
        scene.prepare(trap);
        scene.sensors.touched(*harmless, peer("192.0.2.1"));
        CHECK_FALSE(scene.denies("192.0.2.1"));
        scene.sensors.touched(*trap, peer("192.0.2.1"));
        CHECK(scene.denies("192.0.2.1"));
        scene.sensors.touched(*trap, peer("2001:db8::1"));
        CHECK(scene.denies("2001:db8::2"));  // of the same /64
        CHECK(scene.records == std::vector<std::string>{"trap sensor 192.0.2.1",
                                                        "trap sensor 192.0.2.1",
                                                        "trap sensor 2001:db8::1"});
        // Not recorded, and denied all the same.
        trap->log_on_failure = 0;
        scene.sensors.touched(*trap, peer("192.0.2.9"));
        CHECK(scene.denies("192.0.2.9"));
        CHECK(scene.records.size() == 3);
    }

    TEST_CASE("what a process must not say is not heard") {
        Scene scene;
        const auto trap = service("sensor", 5);
        scene.prepare(trap);
        const auto said = [&](const ServiceSpec& spec, const SocketAddress& who) {
            const std::size_t before = scene.records.size();
            scene.sensors.touched(spec, who);
            return scene.records.size() > before;
        };
        // A service that is no sensor has nobody denied.
        CHECK_FALSE(said(*service("echo", 5), peer("192.0.2.1")));
        CHECK_FALSE(scene.denies("192.0.2.1"));
        // Addresses that are none.
        CHECK_FALSE(said(*trap, SocketAddress{}));
        SocketAddress odd = peer("192.0.2.1");
        odd.length = sizeof odd.v6;
        CHECK_FALSE(said(*trap, odd));
        odd = peer("2001:db8::1");
        odd.length = sizeof odd.v4;
        CHECK_FALSE(said(*trap, odd));
        odd.length = SocketAddress::capacity;
        CHECK_FALSE(said(*trap, odd));
        odd.any.sa_family = AF_UNIX;
        CHECK_FALSE(said(*trap, odd));
        CHECK_FALSE(scene.denies("192.0.2.1"));
        CHECK(scene.messages.empty());
    }
}
