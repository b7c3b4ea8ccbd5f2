// SPDX-License-Identifier: ISC
#include "daemon/os/seccomp_filter.h"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

#include "daemon/os/system_call_sets.h"

using namespace minetd;

namespace {

/// What a process under this filter gets for getppid(2): 0 for its parent, an error number, or
/// minus the signal that ended it.
int asking_for_parent(const std::vector<std::string>& words, bool kill) {
    static constexpr std::string_view always[] = {"exit_group"};
    const seccomp::Program filter = seccomp::compile(words, always, kill);
    const sock_fprog program{static_cast<unsigned short>(filter.size()),
                             const_cast<sock_filter*>(filter.data())};
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, 2, &program) != 0)
            ::_exit(200);
        const int result = ::syscall(SYS_getppid) > 0 ? 0 : errno;
        // Not _exit(2), where a sanitizer looks for leaks with calls that the filter forbids.
        ::syscall(SYS_exit_group, result);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("sets of system calls name sets that there are, and each ends") {
        const std::vector<std::string_view> names = system_call_set_names();
        CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
        for (const std::string_view name : names) {
            CAPTURE(std::string(name));
            std::string_view rest = system_call_set(name);
            CHECK_FALSE(rest.empty());
            while (!rest.empty()) {
                const std::size_t end = rest.find(' ');
                std::string_view word = rest.substr(0, end);
                rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
                if (word.starts_with('~')) word.remove_prefix(1);
                CHECK_FALSE(word.empty());
                if (word.starts_with('@')) CHECK_FALSE(system_call_set(word).empty());
                CHECK(word != name);
            }
        }
        CHECK(system_call_set("@nothing").empty());
        CHECK(system_call_set("@builtin").find("~execve") != std::string_view::npos);
    }

    TEST_CASE("a filter lets pass what it names, or all but what it forbids") {
        if (!seccomp::available()) {
            MESSAGE("skipped: built without libseccomp");
            return;
        }
        const struct {
            std::vector<std::string> words;
            bool kill;
            int result;
        } rows[] = {
            {{"getppid"}, false, 0},
            {{"read"}, false, EPERM},
            {{"read"}, true, -SIGSYS},
            {{"@default"}, false, 0},
            {{"@default", "~getppid"}, false, EPERM},
            {{"@default", "~@default", "read"}, true, -SIGSYS},
            {{"~getppid"}, false, EPERM},
            {{"~getppid"}, true, -SIGSYS},
            {{"~@default"}, false, EPERM},
            {{"~@mount", "~ptrace"}, true, 0},
        };
        for (const auto& row : rows) {
            std::string text;
            for (const std::string& word : row.words) text += word + " ";
            CAPTURE(text);
            CAPTURE(row.kill);
            CHECK(asking_for_parent(row.words, row.kill) == row.result);
        }
        CHECK(seccomp::knows("@mount"));
        CHECK(seccomp::knows("openat"));
        CHECK_FALSE(seccomp::knows("@mounts"));
        CHECK_FALSE(seccomp::knows("opennat"));
        CHECK_FALSE(seccomp::knows(""));
    }
}
