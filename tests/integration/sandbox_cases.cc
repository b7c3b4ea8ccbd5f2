// SPDX-License-Identifier: ISC
#include "tests/integration/sandbox_cases.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "daemon/os/capabilities.h"
#include "daemon/os/landlock.h"
#include "daemon/os/seccomp_filter.h"
#include "tests/integration/client.h"

namespace minetd {
namespace {

namespace fs = std::filesystem;

void make(const std::string& directory) {
    fs::create_directories(directory);
    ::chmod(directory.c_str(), 01777);
}

constexpr SandboxedWay ways[] = {
    {"nowait", "AT/probe probe try"},
    {"wait", "AT/probe probe try-wait"},
    {"prefork", "AT/probe probe try"},
    {"prefork", "AT/probe probe try-resident", "accept = yes\nstart_servers = 1\n"},
    {"nowait", "internal AT/forbidden.so", "", true},
    {"prefork", "internal AT/forbidden.so", "start_servers = 2\n", true},
    {"worker", "internal AT/forbidden.so", "start_servers = 1\n", true},
    {"event", "internal AT/forbidden.so", "start_servers = 1\n", true},
};

}  // namespace

Ground::Ground() {
    char name[] = "/var/minetd-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
    ::chmod(name, 0755);
    install("");
    for (const char* directory : {"open", "closed"}) make(path_ + "/" + directory);
    fs::copy_file(path_ + "/probe", path_ + "/gain");
    ::chmod((path_ + "/gain").c_str(), 04755);
    write_file(path_ + "/secret", "secret");
    write_file(path_ + "/owned", "");
}

Ground::~Ground() {
    fs::remove_all(path_);
}

void Ground::make_jail() const {
    for (const char* directory : {"", "/tmp", "/open"}) make(path_ + "/jail" + directory);
    install("/jail");
    write_file(path_ + "/jail/inside", "inside");
    FILE* const list = ::popen(("ldd " + path_ + "/probe").c_str(), "r");
    REQUIRE(list != nullptr);
    char line[4096];
    while (std::fgets(line, sizeof line, list) != nullptr) {
        const std::string text = line;
        const std::size_t begin = text.find('/'), end = text.find(' ', begin);
        if (begin == std::string::npos) continue;
        const fs::path file = text.substr(begin, end - begin);
        const fs::path copy = path_ + "/jail" + file.string();
        fs::create_directories(copy.parent_path());
        fs::copy_file(file, copy);
    }
    REQUIRE(::pclose(list) == 0);
}

std::string Ground::fill(std::string text) const {
    for (std::size_t at; (at = text.find("@/")) != std::string::npos;) text.replace(at, 1, path_);
    return text;
}

void Ground::install(const std::string& below) const {
    const std::string modules = std::getenv("MINETD_MODULES");
    fs::copy_file(std::getenv("MINETD_PROBE"), path_ + below + "/probe");
    fs::copy_file(modules + "/forbidden.so", path_ + below + "/forbidden.so");
    for (const char* file : {"/probe", "/forbidden.so"})
        ::chmod((path_ + below + file).c_str(), 0755);
}

std::span<const SandboxedWay> sandboxed_ways() noexcept {
    return ways;
}

const std::vector<SandboxCase>& sandbox_cases() {
    static const std::vector<SandboxCase> all = {
        {"nothing",
         "",
         {{"ptrace", "ESRCH"},
          {"mount", "EPERM"},
          {"connect {listener}", "ok"},
          {"write @/open/file", "ok"},
          {"read @/secret", "ok"},
          {"run @/gain", "0"},
          {"bind 91", "EACCES"},
          {"raise", "EPERM"},
          {"chroot", "EPERM"},
          {"run @/probe", "65534"}},
         true},
        {"no_new_privs", "no_new_privs = yes\n", {{"run @/gain", "65534"}, {"uid", "65534"}}, true},
        {"net_bind_service",
         "capabilities = net_bind_service\n",
         {{"bind 91", "ok"},
          {"raise", "EPERM"},
          {"chown @/owned", "EPERM"},
          {"mount", "EPERM"},
          {"run @/gain", "0"},
          {"uid", "65534"}},
         true},
        {"no_capability",
         "capabilities = none\n",
         {{"uid", "0"},
          {"mount", "EPERM"},
          {"raise", "EPERM"},
          {"bind 91", "EACCES"},
          {"chown @/secret", "EPERM"},
          {"chroot", "EPERM"}},
         true,
         "root"},
        {"forbidden_calls",
         "seccomp = ~@mount ~ptrace\n",
         {{"ptrace", "EPERM"}, {"mount", "EPERM"}, {"chroot", "EPERM"}, {"lo", "ok"}},
         false},
        {"allowed_calls",
         "seccomp = @system-service ~bind\n",
         {{"ptrace", "EPERM"}, {"mount", "EPERM"}, {"bind 0", "EPERM"}, {"read @/secret", "ok"}},
         false},
        {"filtered_root",
         "seccomp = ~@mount\n",
         {{"uid", "0"}, {"mount", "EPERM"}, {"chroot", "EPERM"}, {"ptrace", "ESRCH"}},
         true,
         "root"},
        {"private_tmp",
         "private_tmp = yes\n",
         {{"list /tmp", "empty"},
          {"list /var/tmp", "empty"},
          {"write /tmp/own", "ok"},
          {"list /tmp", "own"},
          {"read @/secret", "ok"}},
         true},
        {"private_network",
         "private_network = yes\n",
         {{"connect {listener}", "ECONNREFUSED"}, {"lo", "ok"}},
         true},
        {"read_only",
         "read_only = yes\nread_write_paths = @/open\n",
         {{"write @/closed/file", "EROFS"},
          {"write /tmp/minetd-test-file", "EROFS"},
          {"write /dev/shm/minetd-test-file", "EROFS"},
          {"write /dev/null", "ok"},
          {"write @/open/file", "ok"},
          {"read @/secret", "ok"}},
         true},
        {"landlock",
         "landlock_read = /dev/null @/forbidden.so\nlandlock_write = @/open\nlandlock_execute = "
         "@/probe /usr /lib "
         "/lib64\n",
         {{"read @/secret", "EACCES"},
          {"write @/closed/file", "EACCES"},
          {"list /tmp", "EACCES"},
          {"run @/gain", "EACCES"},
          {"write @/open/file", "ok"},
          {"read @/open/file", "ok"},
          {"run @/probe", "UID"}},
         false},
        {"chroot",
         "chroot = @/jail\n",
         {{"read /inside", "ok"},
          {"read @/secret", "ENOENT"},
          {"read /../../../etc/passwd", "ENOENT"},
          {"chroot", "EPERM"}},
         true,
         "{user}",
         true},
        {"everything",
         "chroot = @/jail\nread_only = yes\nread_write_paths = /open\nprivate_tmp = yes\n"
         "private_network = yes\ncapabilities = net_bind_service\nno_new_privs = yes\n"
         "seccomp = @system-service ~@privileged\nlandlock_read = /inside\n"
         "landlock_write = /open /tmp\nlandlock_execute = /lib /lib64 /probe /forbidden.so\n",
         {{"read /inside", "ok"},
          {"write /inside", "EACCES"},
          {"write /open/file", "ok"},
          {"write /tmp/own", "ok"},
          {"list /", "EACCES"},
          {"connect {listener}", "ECONNREFUSED"},
          {"bind 91", "ok"},
          {"raise", "EPERM"},
          {"chroot", "EPERM"},
          {"mount", "EPERM"},
          {"ptrace", "EPERM"},
          {"uid", "65534"}},
         true,
         "{user}",
         true},
    };
    return all;
}

std::string missing(const SandboxCase& one) {
    const std::string settings = one.settings;
    const auto uses = [&](const char* word) { return settings.find(word) != std::string::npos; };
    if (one.root && ::geteuid() != 0) return "it takes root";
    if (uses("seccomp") && !seccomp::available()) return "minetd was built without libseccomp";
    if (uses("capabilities") && !capability::available()) return "built without libcap-ng";
    if (uses("landlock") && landlock_version() == 0) return "this kernel has no landlock";
    return {};
}

std::string configured(const Ground& ground, const SandboxedWay& way, const SandboxCase& one,
                       const std::string& settings) {
    std::string program = way.program;
    program.replace(program.find("AT"), 2, one.jailed ? "" : "@");
    std::string text = "{" + std::string(one.name) + "} stream tcp4 " + way.serve + " " + one.user +
                       " " + program + "\n[{" + one.name + "}]\n" + way.more + settings;
    return ground.fill(text);
}

void check_tries(DaemonUnderTest& daemon, const Ground& ground, const SandboxCase& one) {
    Client client(daemon.port(one.name));
    for (const auto& one_try : one.tries) {
        const auto& what = one_try.first;
        const auto& answer = one_try.second;
        CAPTURE(std::string(what));
        client.send(daemon.expand(ground.fill(what)) + "\n");
        const std::string expected =
            std::string(answer) == "UID" ? std::to_string(test_uid()) : answer;
        CHECK(client.line() == expected + "\n");
    }
}

}  // namespace minetd
