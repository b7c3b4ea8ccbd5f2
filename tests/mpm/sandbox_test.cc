// SPDX-License-Identifier: ISC
// What is made ready for a sandbox, and what the report of a start says when it cannot be entered.
// What the kernel then forbids is tried by tests/integration/sandbox_test.cc.
#include "mpm/sandbox.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "mpm/launch.h"

using namespace minetd;

namespace {

ServiceSpec cat() {
    ServiceSpec spec;
    spec.id = spec.name = "test";
    spec.server = "/bin/cat";
    return spec;
}

ServiceSpec echo() {
    ServiceSpec spec = cat();
    spec.server.clear();
    spec.builtin = "echo";
    return spec;
}

/// How the start of a program ends that reads nothing, with this sandbox.
Launcher::Failure start(const ServiceSpec& spec, std::shared_ptr<const Sandbox> sandbox) {
    Launcher launcher;
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    LaunchSlot* slot = launcher.prepare(make_launch_plan(spec, -1, {}, std::move(sandbox)));
    REQUIRE(slot != nullptr);
    slot->socket = theirs.get();
    const Launcher::Started started = launcher.start(*slot);
    REQUIRE(started.pid > 0);
    ours.reset();
    int status = 0;
    REQUIRE(::waitpid(started.pid, &status, 0) == started.pid);
    return launcher.outcome(started.ticket);
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE(
        "without a word about it programs are kept from nothing, builtins from what they need "
        "not") {
        CHECK(make_sandbox(cat()) == nullptr);
        const auto ours = make_sandbox(echo());
        REQUIRE(ours != nullptr);
        CHECK(ours->no_new_privs);
        CHECK(ours->filter.empty() == !seccomp::available());
        CHECK_FALSE(ours->capabilities);
        CHECK_FALSE(ours->namespaces.mount);
        ServiceSpec module = echo();
        module.builtin = "/usr/lib/minetd/other.so";
        CHECK(make_sandbox(module) == nullptr);
        ServiceSpec open = echo();
        open.sandbox.seccomp.emplace();
        open.sandbox.no_new_privs = false;
        const auto opened = make_sandbox(open);
        CHECK(opened->filter.empty());
        CHECK_FALSE(opened->no_new_privs);
    }

    TEST_CASE("filters and rules take no_new_privs along; capabilities do not") {
        ServiceSpec spec = cat();
        if (seccomp::available()) {
            spec.sandbox.seccomp = {{"~@mount"}};
            CHECK(make_sandbox(spec)->no_new_privs);
        }
        spec = cat();
        spec.sandbox.landlock_read = {"/"};
        if (landlock_version() > 0) CHECK(make_sandbox(spec)->no_new_privs);
        spec = cat();
        spec.sandbox.capabilities.emplace();
        if (capability::available()) {
            const auto bare = make_sandbox(spec);
            CHECK_FALSE(bare->no_new_privs);
            CHECK(bare->capabilities == capability::Mask{0});
            CHECK(bare->dropped.empty() == (::geteuid() != 0));
        }
    }

    TEST_CASE("a sandbox goes on through a change that is none of it, and is made anew otherwise") {
        ServiceSpec spec = cat();
        spec.sandbox.no_new_privs = true;
        const auto first = make_sandbox(spec);
        spec.nice = 3;
        CHECK(make_sandbox(spec, first) == first);
        spec.sandbox.seccomp_action = SeccompAction::kill;
        const auto second = make_sandbox(spec, first);
        CHECK(second != first);
        spec.sandbox = {};
        CHECK(make_sandbox(spec, second) == nullptr);
    }

    TEST_CASE("a sandbox that cannot be made says what is missing") {
        ServiceSpec spec = cat();
        spec.sandbox.landlock_read = {"/no/such/path"};
        CHECK_THROWS(make_sandbox(spec));
        spec = cat();
        spec.sandbox.capabilities = {{"no_such_thing"}};
        CHECK_THROWS(make_sandbox(spec));
        spec = cat();
        spec.sandbox.private_tmp = true;
        if (::geteuid() != 0)
            CHECK_THROWS(make_sandbox(spec));
        else
            CHECK(make_sandbox(spec)->namespaces.mount);
    }

    TEST_CASE("a step that fails at a start is named in its record") {
        const ServiceSpec spec = cat();
        auto broken = std::make_shared<Sandbox>();
        broken->spec.chroot = "/no/such/directory";
        Launcher::Failure failure = start(spec, broken);
        CHECK(failure.step == LaunchStep::root);
        CHECK(describe(failure, *make_launch_plan(spec, -1, {}, broken))
                  .starts_with("cannot enter the root directory /no/such/directory (chroot): "));

        auto filtered = std::make_shared<Sandbox>();
        filtered->filter.resize(1);  // no program: it does not end
        filtered->no_new_privs = true;
        CHECK(start(spec, filtered).error == 0);  // nobody asked for it
        filtered->filter_asked = true;
        failure = start(spec, filtered);
        CHECK(failure.step == LaunchStep::seccomp);
        CHECK(failure.error == EINVAL);
        CHECK(describe(failure, *make_launch_plan(spec, -1, {}, filtered)) ==
              "seccomp: Invalid argument");

        auto elsewhere = std::make_shared<Sandbox>();
        elsewhere->namespaces.mount.reset(::dup(0));  // none
        failure = start(spec, elsewhere);
        CHECK(failure.step == LaunchStep::namespaces);

        auto greedy = std::make_shared<Sandbox>();
        greedy->capabilities = ~capability::Mask{0};
        failure = start(spec, greedy);
        CHECK(failure.step == LaunchStep::capabilities);
        CHECK(failure.error == EPERM);
        CHECK(start(spec, nullptr).error == 0);
    }

    TEST_CASE(
        "a program that is missing inside its root directory, with what else may be missing") {
        if (::geteuid() != 0) {
            MESSAGE("skipped: chroot takes root");
            return;
        }
        ServiceSpec spec = cat();
        spec.sandbox.chroot = "/etc";
        const auto sandbox = make_sandbox(spec);
        const Launcher::Failure failure = start(spec, sandbox);
        CHECK(failure.step == LaunchStep::exec);
        CHECK(failure.error == ENOENT);
        const std::string text = describe(failure, *make_launch_plan(spec, -1, {}, sandbox));
        CHECK(text.starts_with("cannot execute /bin/cat: No such file or directory (inside /etc"));
        CHECK(text.find("loader and libraries, and the devices") != std::string::npos);
    }
}
