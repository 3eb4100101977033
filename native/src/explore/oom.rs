//! The Linux kernel's counts of processes that it killed because memory ran out.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted.
const GROUPS: &str = "/sys/fs/cgroup";

/// Counts of processes killed because memory ran out; `None` where the system does not count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kills {
    /// In the control group of this process and of its children.
    group: Option<u64>,
    /// On the machine.
    machine: Option<u64>,
}

impl Kills {
    /// The counts now.
    pub fn now() -> Self {
        let read = |path: PathBuf| fs::read_to_string(path).ok();
        let groups = read(PathBuf::from("/proc/self/cgroup")).unwrap_or_default();
        Self {
            group: files(&groups).into_iter().find_map(|file| count(&read(file)?)),
            machine: read(PathBuf::from("/proc/vmstat")).and_then(|text| count(&text)),
        }
    }

    /// Why a process may have been killed between `before` and now: one sentence, or `None` where no count rose.
    pub fn since(self, before: Self) -> Option<&'static str> {
        let rose = |now: Option<u64>, then| now.zip(then).is_some_and(|(now, then)| now > then);
        if rose(self.group, before.group) {
            return Some(
                "The kernel ended it because its control group reached its memory limit; choose smaller sizes.",
            );
        }
        rose(self.machine, before.machine)
            .then_some("At that time the kernel ended a process because the machine had run out of memory.")
    }
}

/// Files with the counts of the groups in `/proc/self/cgroup`, version 2 and version 1, as seen from the host and from
/// within a container.
fn files(groups: &str) -> Vec<PathBuf> {
    let files = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        let (root, file) = match controllers {
            "" => (Path::new(GROUPS).to_path_buf(), "memory.events"),
            list if list.split(',').any(|name| name == "memory") => {
                (Path::new(GROUPS).join("memory"), "memory.oom_control")
            }
            _ => return None,
        };
        Some([root.join(path).join(file), root.join(file)])
    };
    groups.lines().filter_map(files).flatten().collect()
}

/// The count in a file of `name value` lines.
fn count(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_of_both_versions_are_read() {
        let found = files("4:memory:/some/group\n3:cpuset:/\n0::/other\n");
        let names: Vec<_> = found.iter().map(|path| path.to_str().unwrap()).collect();
        let expected = [
            "/sys/fs/cgroup/memory/some/group/memory.oom_control",
            "/sys/fs/cgroup/memory/memory.oom_control",
            "/sys/fs/cgroup/other/memory.events",
            "/sys/fs/cgroup/memory.events",
        ];
        assert_eq!(names, expected);
        assert_eq!(count("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"), Some(2));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"), Some(5));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\n"), None);
    }

    #[test]
    fn memory_is_named_only_when_a_count_rose() {
        let kills = |group, machine| Kills { group, machine };
        assert_eq!(kills(Some(3), Some(9)).since(kills(Some(3), Some(9))), None);
        assert_eq!(kills(Some(3), Some(9)).since(kills(None, None)), None);
        assert!(kills(Some(4), Some(10)).since(kills(Some(3), Some(9))).unwrap().contains("control group"));
        assert!(kills(None, Some(10)).since(kills(None, Some(9))).unwrap().contains("machine"));
    }
}
