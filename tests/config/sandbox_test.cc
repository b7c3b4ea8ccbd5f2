// SPDX-License-Identifier: ISC
// The sandbox attributes: how they are written, what contradicts itself, what this host lacks.
#include <doctest/doctest.h>
#include <unistd.h>

#include "daemon/os/capabilities.h"
#include "daemon/os/landlock.h"
#include "daemon/os/seccomp_filter.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

constexpr const char* program = "7000 stream tcp nowait nobody /bin/cat";
constexpr const char* builtin = "7000 stream tcp event nobody internal echo";

Reading with(const std::string& line, const std::string& settings, const LoadOptions& how) {
    return read(line + "\n[7000]\n" + settings + "\n", how);
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("sandbox values: taken, refused, and what is said") {
        const bool named = capability::available(), filtered = seccomp::available();
        struct {
            std::string setting, formatted, complaint;
            bool known = true;  ///< what says so is in this build
        } const cases[] = {
            {"no_new_privs = no", "no_new_privs = no", ""},
            {"NoNewPrivileges = yes", "no_new_privs = yes", ""},
            {"no_new_privs = default", "nowait", ""},
            {"capabilities = CAP_Net_Bind_Service chown", "capabilities = chown net_bind_service",
             ""},
            {"CapabilityBoundingSet = CAP_KILL", "capabilities = kill", ""},
            {"capabilities = none", "capabilities = none", ""},
            {"capabilities = none\ncapabilities += kill", "capabilities = kill", ""},
            {"capabilities = kill chown\ncapabilities -= cap_kill", "capabilities = chown", ""},
            {"capabilities = inherit", "nowait", ""},
            {"capabilities -= sys_admin", " sys_boot sys_chroot sys_module ", "", named},
            {"capabilities = all", " sys_admin ", "", named},
            {"capabilities =", "", "there is no value"},
            {"capabilities = kill\ncapabilities -= chown", "", "is not in the list"},
            {"capabilities = net_bind_servcie", "", "did you mean `net_bind_service`?", named},
            {"capabilities = CAP_FLY", "", "there is no capability `CAP_FLY`", named},
            {"chroot = /srv/jail", "chroot = /srv/jail", ""},
            {"RootDirectory = srv", "", "not an absolute path"},
            {"chroot = \"\"", "nowait", ""},
            {"seccomp = @system-service", "seccomp = @system-service", ""},
            {"SystemCallFilter = @system-service ~@privileged",
             "seccomp = @system-service ~@privileged", ""},
            {"seccomp = ~@mount ~ptrace", "seccomp = ~@mount ~ptrace", ""},
            {"seccomp = ~@mount\nseccomp += ~@debug", "seccomp = ~@mount ~@debug", ""},
            {"seccomp = ~@mount ~@debug\nseccomp -= ~@mount", "seccomp = ~@debug", ""},
            {"seccomp = ~@mount ptrace", "", "write ~ptrace, or begin with what is allowed"},
            {"seccomp = off", "seccomp = off", ""},
            {"seccomp = default", "nowait", ""},
            {"seccomp = @system-servce", "", "did you mean `@system-service`?", filtered},
            {"seccomp = raed", "", "no system call `raed`", filtered},
            {"seccomp_action = deny", "", "There are error, kill."},
            {"private_tmp = yes", "private_tmp = yes", ""},
            {"PrivateNetwork = yes", "private_network = yes", ""},
            {"read_only = yes\nReadWritePaths = /var/lib/x /var/log",
             "read_write_paths = /var/lib/x /var/log", ""},
            {"read_write_paths = x", "", "`x` is not an absolute path"},
            {"landlock_read = /usr /etc", "landlock_read = /usr /etc", ""},
            {"landlock_write = tmp", "", "`tmp` is not an absolute path"},
            {"landlock_execute = /usr\nlandlock_execute -= /bin", "", "is not in the list"},
        };
        for (const auto& one : cases) {
            if (!one.known) continue;
            CAPTURE(one.setting);
            const Reading reading = with(program, one.setting, options());
            CAPTURE(reading.said());
            CHECK((reading.diagnostics.errors() > 0) == !one.complaint.empty());
            CHECK(reading.said().find(one.complaint) != std::string::npos);
            if (!one.complaint.empty()) continue;
            CAPTURE(dump(reading.configuration));
            CHECK(dump(reading.configuration).find(one.formatted) != std::string::npos);
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("sandboxes that contradict themselves, or have no effect") {
        struct {
            std::string line, settings;
            unsigned errors, warnings;
            std::string said;
        } const cases[] = {
            {program, "seccomp = @system-service", 0, 0, ""},
            {program, "seccomp = @builtin", 1, 0, "write seccomp = @system-service"},
            {builtin, "seccomp = @builtin", 0, 0, ""},
            {program, "seccomp = ~execve", 0, 1, "execve stays allowed"},
            {builtin, "seccomp = ~execve", 0, 0, ""},
            {program, "seccomp_action = kill", 0, 1, "there is no filter of system calls"},
            {program, "seccomp = ~@mount\nseccomp_action = kill", 0, 0, ""},
            {builtin, "seccomp_action = kill", 0, 0, ""},
            {builtin, "seccomp = off\nseccomp_action = kill", 0, 1, "seccomp_action has no effect"},
            {program, "read_write_paths = /tmp", 0, 1, "write read_only = yes"},
            {program, "no_new_privs = no\nseccomp = ~@mount", 0, 1, "nothing without it"},
            {program, "no_new_privs = no\nlandlock_read = /", 0, 1, "nothing without it"},
            {builtin, "landlock_execute = /usr", 0, 1, "a builtin starts no program"},
            {builtin, "landlock_read = /usr\nprivate_network = yes\nread_only = yes", 0, 0, ""},
            {"7000 stream tcp event nobody internal redirect 127.0.0.1 80", "private_network = yes",
             1, 0, "no destination can be reached"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.line);
            CAPTURE(one.settings);
            const Reading reading = with(one.line, one.settings, options());
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() == one.errors);
            CHECK(reading.warnings() == one.warnings);
            CHECK(reading.said().find(one.said) != std::string::npos);
        }
    }

    TEST_CASE(
        "sandboxes that this host or this build cannot make, with the line that asks for it") {
        const bool root = ::geteuid() == 0, rules = landlock_version() > 0;
        const std::string unprivileged = "which minetd does not have here";
        struct {
            std::string settings;
            bool error;
            std::string said;
        } const cases[] = {
            {"chroot = /no/such", true, "there is no directory /no/such"},
            {"chroot = /etc", true, "/bin/cat inside /etc: No such file or directory"},
            {"chroot = /", !root, root ? "" : unprivileged},
            {"private_tmp = yes", !root, root ? "" : unprivileged},
            {"private_network = yes", !root, root ? "" : unprivileged},
            {"read_only = yes", !root, root ? "" : unprivileged},
            {"read_only = yes\nread_write_paths = /no/such", true,
             root ? "/no/such: No such file" : unprivileged},
            {"capabilities = none", !capability::available(),
             capability::available() ? "" : "built without libcap-ng"},
            {"capabilities = chown", !root || !capability::available(),
             root ? "" : "minetd has no chown here"},
            {"seccomp = ~@mount", !seccomp::available(),
             seccomp::available() ? "" : "built without libseccomp"},
            {"landlock_read = /usr\nlandlock_execute = /usr", !rules,
             rules ? "" : "this kernel has no landlock"},
            {"landlock_read = /usr", true,
             rules ? "the program /bin/cat could not be started" : ""},
            {"landlock_execute = /etc /bin", !rules, ""},
            {"landlock_execute = /bin /no/such", true, rules ? "/no/such: No such file" : ""},
        };
        for (const auto& one : cases) {
            CAPTURE(one.settings);
            LoadOptions how = options();
            how.check_host = true;
            const Reading reading =
                with("7000 stream tcp nowait daemon /bin/cat", one.settings, how);
            CAPTURE(reading.said());
            CHECK((reading.diagnostics.errors() > 0) == one.error);
            CHECK(reading.said().find(one.said) != std::string::npos);
            // The program is on the line; all else was asked for below it.
            if (one.error && one.said.find("inside") == std::string::npos)
                CHECK(reading.diagnostics.all()[0].where.line >= 3);
        }
        LoadOptions how = options();
        how.check_host = true;
        const std::string open_root = "chroot = /";
        const std::string closed = "chroot = /\ncapabilities = none";
        const char* const roots = "7000 stream tcp nowait root /bin/cat";
        if (root && capability::available()) {
            CHECK(with(roots, open_root, how).said().find("root can leave a root directory") !=
                  std::string::npos);
            CHECK(with(roots, closed, how).said().empty());
        }
    }
}
