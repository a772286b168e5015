"""The formulas of ``measure.methods`` in Chinese, by method code; the signs of mathematics are the same in both languages.

Only ``grounds`` asks here. A method that nobody has put into Chinese is shown with the formula as ``measure`` writes it.
"""

from __future__ import annotations

_ALPHA = "1 − Dₒ/Dₑ，Dₒ取同一对象的评分对，Dₑ取全部评分对，δ²{}；界限：对象重抽样"

FORMULAS = {
    "model, Fay-Herriot (REML)": "θ = γy + (1−γ)x'β，γ = A/(A+ψ)，A为限制似然的最大值点；比例取asin √p，ψ = 1/(4n_eff)；均方误差 = g₁ + g₂ + 2g₃；"
    "界限：∫ N(θ(A), g₁(A)+g₂(A)) L(A) dA 的分位数；与全区数对齐：各区域加同一角度",
    "model, beta-binomial (ML)": "(x + μM)/(n + M)，μ和M使贝塔–二项似然最大；界限：Beta(x + μM, n − x + (1−μ)M) 的分位数",
    "model, beta-binomial (moments)": "(x + μM)/(n + M)，μ = Σx/Σn，1/(M+1) = (N s² − p(1−p)(m−1)) / (p(1−p)(N − Σn²/N − (m−1)))",
    "funnel, over-dispersion": "z = 2√n (asin √p − asin √p̄)，两端各缩尾10%，φ为z²的平均，τ² = max(0, (Kφ − (K−1))/(Σw − Σw²/Σw))；"
    "界限 sin²(asin √p̄ ± z√(1/4n + τ²))；按 Benjamini–Hochberg 校正，5%",
    "icc, one-way (F limits)": "(MSB − MSW)/(MSB + (n₀−1)MSW)、1 − MSW/MSB；界限取自F分布，自由度n−1和N−n",
    "icc, two-way (F limits)": "(MSB − MSE)/(MSB + (k−1)MSE + k(MSJ − MSE)/n) 及其k人平均；(3,1)：(MSB − MSE)/(MSB + (k−1)MSE)；界限取自F分布，"
    "(2,·)的自由度按 Satterthwaite",
    "Krippendorff's alpha, nominal": _ALPHA.format("在两者不同时为1"),
    "Krippendorff's alpha, ordinal": _ALPHA.format("为平均名次之差的平方"),
    "Krippendorff's alpha, interval": _ALPHA.format("为差的平方"),
    "Krippendorff's alpha, ratio": _ALPHA.format("为差与和之比的平方"),
    "paired difference, t": "d̄ ± t s/√n；一致性界限 d̄ ± z s",
    "paired difference, t (clusters)": "d̄ ± t√V，自由度G−1，V = G/(G−1) Σ_g(Σ(d−d̄))²/n²；一致性界限 d̄ ± z s",
    "rank sets, marginal (step-down)": "1 + 确定更好的个数 … n − 确定更差的个数；|Δ| = |x_j − x_k|/√(se_j² + se_k²) 超过均值相等时该单位各对最大值的分位数"
    "（se按χ²抽取，t按 Wallace 转为正态）的一对算作有差别；去掉这些对，再来一遍",
    "rank sets, simultaneous (step-down)": "同上（逐个社区成立），最大值取自全部各对",
    "change of totals, t (independent errors)": "后一次 − 前一次 ± t √(se₁² + se₂²)，t取两者中较小的自由度；上升的可能性：T((后一次 − 前一次)/se)",
    "ranks under other weights": "Σ_p f_p Σ_i m_i s_i / Σ_p f_p Σ_i m_i 的名次，权重取自狄利克雷分布(a b)，或在原权重上下一定幅度内，或相等，或去掉一个",
    "score error, survey and assessors": "√(V_s + V_a)：V_s为按社区测评估计的联合抽取（对数优势，协方差由影响值的V(a+b)得出）所得分数的方差；"
    "V_a = 分值² s²/k，s²为社区内各评分人平均得分率（扣除各项平均）的合并方差；自由度按 Satterthwaite",
    "wilson": "(x + z²/2 ± z √(x (n−x)/n + z²/4)) / (n + z²)",
    "clopper-pearson": "Beta(x, n−x+1) 的(1−c)/2分位数和 Beta(x+1, n−x) 的(1+c)/2分位数",
    "byar": "x (1 − 1/(9x) − z/(3√x))³；y = x + 1，y (1 − 1/(9y) + z/(3√y))³；除以暴露量；10次以下按精确泊松（伽马分位数）",
    "newcombe 10": "d − √((p₁−l₁)² + (u₂−p₂)²)、d + √((u₁−p₁)² + (p₂−l₂)²)，l和u为 Wilson 界限",
    "miettinen-nurminen": "满足 (d − δ)² = z² (p₁q₁/n₁ + p₂q₂/n₂) N/(N−1) 的差，p为相差δ时最可能的比例",
    "mean, t": "平均 ± t s/√n，自由度n−1",
    "ratio of totals, linearised": "R = Σy/Σx；z = (y − R x)/Σx，u为每群之和，V = 各层 n/(n−1) Σ(u − ū)² 之和；t的自由度为群数减层数",
    "ratio of totals, jackknife": "V = 各层 (n−1)/n Σ(去掉一群的R − 其平均)² 之和；t的自由度为群数减层数",
    "ratio of totals, bootstrap": "V = 每层n群中抽n−1群所得R的方差，乘n/(n−1)；t的自由度为群数减层数",
    "paired ratio change (linearised, process interval)": "R₁ − R₀；V取每单位（群）z₁ − z₀之和，z = (y − R x)/Σx，因此计入协方差；t的自由度为群数减层数",
    "Kitagawa, symmetric": "自身 (r₁−r₀)(w₀+w₁)/2，构成 (w₁−w₀)((r₀+r₁)/2 − R)，进出 (y₁−R x₁)/X₁ − (y₀−R x₀)/X₀；R为两期比率的平均",
    "Kitagawa, bootstrap over communities": "Kitagawa 分解的各项；界限：连同两期重抽社区所得的分位数，按街道分组时在街道内重抽",
    "welch t": "d ± t s，s² = s₀²/n₀ + s₁²/n₁，自由度按 Satterthwaite",
    "square-and-add": "d − √((p₁−l₁)² + (u₀−p₀)²)、d + √((u₁−p₁)² + (p₀−l₀)²)，l和u为各自样本的界限",
    "less a constant (process interval)": "后一期数值自己的界限，减去一个误差不明的常数",
    "segmented regression, HAC (Bartlett)": "y = b₀ + b₁t + b₂·断点后 + b₃(t−t*)·断点后；"
    "V = n/(n−k) (X'X)⁻¹ [G₀ + Σ (1−j/(L+1))(Gⱼ+Gⱼ')] (X'X)⁻¹；t的自由度为n−k",
    "survey difference, t (independent samples)": "两个加权平均之差；V取两次样本的影响值在同一设计中之和；t的自由度为群数减层数",
    "survey difference, t (shared clusters)": "两个加权平均之差；V取两次样本的影响值在同一设计中之和，两次都抽到的群计入协方差；t的自由度为群数减层数",
    "full count": "Σ分子 ÷ Σ分母，对全部单位求和；没有遗漏，所以没有区间",
    "full count, median": "把区域内各项目的天数排序，取中间一个；项目数为偶数的，取中间两个的平均；没有遗漏，所以没有区间",
    "survey, logit": "p = Σwy/Σw，V由各群 w(y − p)/Σw 之和得出，含两个抽样阶段（经校准的权重取残差）；expit(ln(p/(1−p)) ± t s)，s = SE/(p(1−p))，"
    "t的自由度为群数减层数",
    "survey, Korn-Graubard": "n个中n p个的 Clopper–Pearson 界限，n = p(1−p)/V · (t(n−1)/t(自由度))²；V为0的，p(1−p)/V 取 Kish 的 (Σw)²/Σw²",
    "survey, Wilson": "n个中n p个的 Wilson 得分界限，n同 Korn–Graubard",
    "survey, t": "R = Σwy/Σwx，V由各群 w(y − Rx)/Σwx 之和得出，含两个抽样阶段（经校准的权重取残差）；R ± t SE，t的自由度为群数减层数",
    "survey, census": "算法同抽样设计区间（t）；各群各份回答都在内，所以V = 0，界限就是数值本身",
    "survey total, t": "T = Σwy，V由各群wy之和得出，范围以外为0（经校准的权重取残差）；T ± t SE",
    "survey quantile, Woodruff": "q为F(q) ≥ p的最小回答；由 F(q) ± t SE 在F上读出界限",
    "survey quantile, Woodruff (logit)": "算法同抽样分位数（Woodruff），F(q)取 logit 界限",
    "survey quantile, Woodruff (Korn-Graubard)": "算法同抽样分位数（Woodruff），F(q)取 Korn–Graubard 界限",
    "survey difference, t": "m₁ − m₀ ± t √V(Σ(z₁ − z₀))，z为两个平均的影响值；两次都有的群计入协方差",
    "bounds, missing 0 and 1": "Σw·是/Σw 和 (Σw·是 + Σw·未答)/Σw，按全部被调查人计",
    "sample size": "n₀ = z²p(1−p)/e²，n = n₀/(1 + (n₀ − 1)/N)，× 设计效应，÷ 回收率",
    "matched sets, t": "d_s的平均 ± t(S−1) · sd(d)/√S，d_s = 街道s试点的变化 − 其他社区变化的平均",
    "sign-flip": "p为2^S种正负号s中 |Σ s d| ≥ |Σ d| 的占比；界限：不被拒绝的数值",
    "randomisation within sets": "p为各组内另选同样多试点的各种选法中，统计量离0至少同样远的占比",
    "least squares, CR2": "b = Σ x̃y/Σ x̃²；V = Σ (x̃_g'A_g e_g)²/(Σ x̃²)²，A_g = (I − H_gg)^(−1/2)；t的自由度为 (tr P)²/tr P²",
    "assessor effects, CR2": "得分 = 社区 × 评价项 + 评分人，最小二乘；宽严 = 本人减同来源平均；V和自由度按CR2，按社区聚类",
    "wild cluster bootstrap": "p为各群±1的全部组合中，y* = H₀下的拟合值 + 符号 · 残差 的t至少同样远的占比；界限：不被拒绝的数值",
}
